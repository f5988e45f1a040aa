import type { Command } from 'commander'
import { withChange, withOutput, withPassword } from './options.ts'

/** `posthouse account …`. */
export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('mailboxes and their logins')
  withPassword(
    withChange(
      account.command('add <address>').description('make a mailbox'),
      'account add carol@example.org --generate',
      'account add dave@example.org --name "Dave" --password-file password.txt',
    ),
  )
    .option('--name <name>', "the person's name")
    .action(async (address, options) => (await import('./account.ts')).addAccount(address, options))
  withOutput(
    account.command('list').alias('ls').description('list the accounts'),
    'account list --domain example.org',
    'account list --removed',
  )
    .option('--domain <domain>', 'of this domain only')
    .option('--removed', 'those that were removed and can be restored')
    .action(async (options) => {
      if (options.removed !== true) return (await import('./account.ts')).listAccounts(options)
      return (await import('./account-restore.ts')).listRemovedAccounts(options)
    })
  withPassword(
    withChange(
      account.command('passwd <address>').description('set another password'),
      'account passwd ada@example.org --generate',
    ),
  ).action(async (address, options) => (await import('./account.ts')).setPassword(address, options))
  withChange(
    account.command('disable <address>').description('no sign-in, no mail; its sessions end'),
    'account disable ada@example.org',
    'account disable ada@example.org --keep-receiving',
  )
    .option('--keep-receiving', 'no sign-in, but its mail is taken, and passed on, as before')
    .action(async (address, options) =>
      (await import('./account.ts')).switchAccount(address, false, options),
    )
  withChange(
    account.command('enable <address>').description('take a disabling back'),
    'account enable bob@example.org',
  ).action(async (address, options) =>
    (await import('./account.ts')).switchAccount(address, true, options),
  )
  withChange(
    account
      .command('set <address> [settings...]')
      .description(
        'how its protocols behave: NAME=VALUE …; NAME= for the default; none: show them',
      ),
    'account set ada@example.org',
    'account set ada@example.org pop3.delete=trash',
  ).action(async (address, settings, options) =>
    (await import('./account-set.ts')).setAccountSettings(address, settings, options),
  )
  withChange(
    account
      .command('rename <address> <new>')
      .description('give a mailbox another address; its mail and all that led to it stay'),
    'account rename ada@example.org lovelace@example.org --keep-alias',
  )
    .option('--keep-alias', 'mail for the old address still comes to it')
    .option('-y, --yes', 'do not ask')
    .action(async (address, to, options) =>
      (await import('./account-rename.ts')).renameAccount(address, to, options),
    )
  addSendingCommands(account)
  addSessionCommands(account)
  withChange(
    account.command('remove <address>').alias('rm').description('remove a mailbox with its mail'),
    'account remove bob@example.org --confirm bob@example.org',
  )
    .option('--confirm <address>', 'the address again, instead of being asked')
    .action(async (address, options) =>
      (await import('./account.ts')).removeAccount(address, options),
    )
  withChange(
    account
      .command('restore <address>')
      .description('bring a removed mailbox back with its mail, within 30 days'),
    'account restore bob@example.org',
  ).action(async (address, options) =>
    (await import('./account-restore.ts')).restoreAccount(address, options),
  )
}

function addSessionCommands(account: Command): void {
  withOutput(
    account
      .command('sessions [address]')
      .description('who is signed in now, from where, by what, doing what'),
    'account sessions',
    'account sessions ada@example.org',
  ).action(async (address: string | undefined, options) =>
    (await import('./account-sessions.ts')).listSessions(address, options),
  )
  withOutput(
    account
      .command('logins <address>')
      .description('who signed in, who did not get in, and why; of the last 30 days'),
    'account logins ada@example.org --failed',
  )
    .option('--failed', 'only those that did not get in')
    .option('--since <when>', 'not older: 3d, 12h, or a date (UTC)')
    .option('--limit <n>', 'so many lines at most', '100')
    .action(async (address, options) =>
      (await import('./account-logins.ts')).listLogins(address, options),
    )
  withOutput(
    account
      .command('test-login <address>')
      .description(
        'a real sign-in over the listeners, and what is in its way; counts as no failure',
      ),
    'account test-login ada@example.org --protocol imap --password-file password.txt',
  )
    .option('--protocol <name>', 'imap, pop3 or smtp (default: all)')
    .option('--password-stdin', 'read the password from standard input, one line')
    .option('--password-file <file>', 'read the password from the first line of a file')
    .action(async (address, options) =>
      (await import('./account-test-login.ts')).testLogin(address, options),
    )
  withChange(
    account.command('kick <address>').description('end its sessions with a goodbye'),
    'account kick ada@example.org --protocol imap',
  )
    .option('--protocol <name>', 'imap, pop3 or submission (default: all)')
    .action(async (address, options) =>
      (await import('./account-sessions.ts')).kickAccount(address, options),
    )
}

function addSendingCommands(account: Command): void {
  withOutput(
    account
      .command('sending [address]')
      .description('what it sent today, and what stands out; none: those that are stopped'),
    'account sending',
    'account sending ada@example.org',
  ).action(async (address: string | undefined, options) => {
    const sending = await import('./account-sending.ts')
    return address === undefined
      ? sending.listContained(options)
      : sending.showSending(address, options)
  })
  withChange(
    account
      .command('contain <address>')
      .description('let it send nothing: its mail is held, its sessions end'),
    'account contain bob@example.org --because "its password was stolen"',
  )
    .option('--because <text>', 'why, for whoever looks later')
    .action(async (address, options) =>
      (await import('./account-sending.ts')).containAccount(address, options),
    )
  withChange(
    account
      .command('release <address>')
      .description('let a contained one send again, and its mail'),
    'account release bob@example.org',
  )
    .option('--purge', 'delete its mail in the queue instead')
    .action(async (address, options) =>
      (await import('./account-sending.ts')).releaseAccount(address, options),
    )
}

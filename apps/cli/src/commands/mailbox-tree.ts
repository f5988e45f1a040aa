import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse mailbox …`: an account's mailboxes, as its own programs see them. */
export function addMailboxCommands(program: Command): void {
  const mailbox = program.command('mailbox').description("an account's mailboxes")
  withOutput(
    mailbox.command('list <address>').alias('ls').description('list the mailboxes'),
    'mailbox list ada@example.org',
  )
    .option('--deleted', 'those that were deleted and can be restored')
    .action(async (address, options) =>
      (await import('./mailbox.ts')).listMailboxes(address, options),
    )
  withOutput(
    mailbox
      .command('stats <address>')
      .description(
        'what each mailbox holds, since when, and what is ready for listing and searching',
      ),
    'mailbox stats ada@example.org',
  ).action(async (address, options) =>
    (await import('./mailbox-stats.ts')).showMailboxStats(address, options),
  )
  addChanges(mailbox)
  addReading(mailbox)
  addReturns(mailbox)
}

function addChanges(mailbox: Command): void {
  withChange(
    mailbox
      .command('create <address> <mailbox>')
      .description('make a mailbox, and those above it that are missing'),
    'mailbox create ada@example.org Projects/2026',
  )
    .option('--use <use>', 'what it is for: archive, drafts, important, junk, sent or trash')
    .option('--no-subscribe', 'clients that show subscribed mailboxes do not show it')
    .action(async (address, name, options) =>
      (await import('./mailbox-change.ts')).createMailbox(address, name, options),
    )
  withChange(
    mailbox
      .command('rename <address> <mailbox> <new>')
      .description('with all below it; of INBOX: move its messages'),
    'mailbox rename ada@example.org Projects/2026 Archive/2026',
  ).action(async (address, name, target, options) =>
    (await import('./mailbox-change.ts')).renameMailbox(address, name, target, options),
  )
  withChange(
    mailbox.command('subscribe <address> <mailbox>').description('let clients show it'),
    'mailbox subscribe ada@example.org Archive/2026',
  ).action(async (address, name, options) =>
    (await import('./mailbox-change.ts')).switchSubscription(address, name, true, options),
  )
  withChange(
    mailbox
      .command('unsubscribe <address> <mailbox>')
      .description('let clients that show subscribed mailboxes hide it'),
    'mailbox unsubscribe ada@example.org Archive/2026',
  ).action(async (address, name, options) =>
    (await import('./mailbox-change.ts')).switchSubscription(address, name, false, options),
  )
  withChange(
    mailbox
      .command('delete <address> <mailbox>')
      .alias('rm')
      .description('with its messages; those below it stay'),
    'mailbox delete ada@example.org Archive/2026 --confirm Archive/2026',
  )
    .option('--confirm <mailbox>', 'the name again, instead of being asked')
    .action(async (address, name, options) =>
      (await import('./mailbox-change.ts')).deleteMailbox(address, name, options),
    )
}

function addReading(mailbox: Command): void {
  withOutput(
    mailbox
      .command('search <address> <query...>')
      .description('words that are all in a message, or IMAP search keys in capitals'),
    'mailbox search ada@example.org invoice 2026',
    'mailbox search ada@example.org "UNSEEN FROM bob SINCE 1-Jan-2026" --mailbox INBOX',
  )
    .option('--mailbox <name>', 'in this one alone')
    .option('--limit <count>', 'at most so many messages', '100')
    .action(async (address, query, options) =>
      (await import('./mailbox-search.ts')).searchMail(address, query, options),
    )
  withOutput(
    mailbox
      .command('export-message <address> <uid>')
      .description('the exact octets of a message, on standard output or in a file'),
    'mailbox export-message ada@example.org 1 --to message-1.eml',
  )
    .option('--mailbox <name>', 'where it is', 'INBOX')
    .option('--to <file>', 'a file that is not there yet')
    .action(async (address, uid, options) =>
      (await import('./mailbox-export.ts')).exportMessage(address, uid, options),
    )
}

function addReturns(mailbox: Command): void {
  withChange(
    mailbox.command('undelete <address> <mailbox>').description('bring expunged messages back'),
    'mailbox undelete ada@example.org INBOX --since 2d',
  )
    .option('--since <time>', 'expunged since: 2h, 3d, or a date (default: everything there is)')
    .action(async (address, name, options) =>
      (await import('./mailbox.ts')).undelete(address, name, options),
    )
  withChange(
    mailbox.command('restore <address> <mailbox>').description('bring a deleted mailbox back'),
    'mailbox restore ada@example.org Archive/2026 --as Archive/Old',
  )
    .option('--as <name>', 'under another name')
    .action(async (address, name, options) =>
      (await import('./mailbox.ts')).restoreMailbox(address, name, options),
    )
}

import type { Command } from 'commander'
import type { ChangeOptions } from '../command-options.ts'
import type { AppPasswordOptions } from './app-password-request.ts'
import { withChange, withOutput } from './options.ts'

/** `posthouse app-password …`, `ban …`, `audit`: who may sign in, and who changed what. */
export function addSignInCommands(program: Command): void {
  addAppPasswordCommands(program)
  addBanCommands(program)
  withOutput(
    program.command('audit').description('who changed what, newest first'),
    'audit --object ada@example.org --since 7d',
  )
    .option('--by <user>', 'changes of this user of the operating system')
    .option('--object <name>', 'changes of this address, domain or network')
    .option('--since <when>', 'not older: 3d, 12h, or a date (UTC)')
    .option('--limit <n>', 'so many lines at most', '100')
    .action(async (options) => (await import('./audit.ts')).listAudit(options))
}

function addAppPasswordCommands(program: Command): void {
  const noun = program.command('app-password').description('passwords for single programs')
  withChange(
    noun.command('create <address>').description('make one and print it once (-q: alone)'),
    'app-password create ada@example.org --name Phone --protocols imap,submission --expires 1y',
  )
    .requiredOption('--name <name>', 'what its owner calls it: "Phone"')
    .option('--protocols <names>', 'imap,pop3,submission (default: all)')
    .option('--expires <when>', 'how long it lives (12h, 30d, 1y), or a date (UTC)')
    .option(
      '--qr',
      'a link and QR code instead: the device that opens it takes password and settings',
    )
    .option('--mobileconfig <file>', 'a profile for iPhone, iPad or Mac, with the password in it')
    .action(createOne)
  withOutput(
    noun
      .command('list <address>')
      .alias('ls')
      .description('those of an account, and their last use'),
    'app-password list ada@example.org',
  ).action(async (address, options) =>
    (await import('./app-password.ts')).listAppPasswords(address, options),
  )
  withChange(
    noun.command('revoke <address> <id>').alias('rm').description('end one, and its sessions'),
    'app-password revoke ada@example.org APP-PASSWORD-ID',
  ).action(async (address, id, options) =>
    (await import('./app-password.ts')).revokeAppPassword(address, id, options),
  )
}

async function createOne(
  address: string,
  options: ChangeOptions &
    AppPasswordOptions & { readonly qr?: boolean; readonly mobileconfig?: string },
): Promise<void> {
  const { qr, mobileconfig: file } = options
  if (qr !== true && file === undefined)
    return (await import('./app-password.ts')).createAppPassword(address, options)
  const { createProfileLink, writeProfile } = await import('./app-password-device.ts')
  if (file === undefined) return createProfileLink(address, options)
  if (qr !== true) return writeProfile(address, file, options)
  const { CliError } = await import('../cli-error.ts')
  throw new CliError('usage', 'usage.conflict', 'It is --qr or --mobileconfig, not both')
}

function addBanCommands(program: Command): void {
  const ban = program.command('ban').description('networks that may not sign in, or always may')
  withOutput(
    ban.command('list').alias('ls').description('bans, trusted networks, and who is held up now'),
    'ban list',
  ).action(async (options) => (await import('./ban.ts')).listBans(options))
  withOutput(
    ban.command('why <ip>').description('why an address is, or is not, let in'),
    'ban why 192.0.2.1',
  ).action(async (ip, options) => (await import('./ban.ts')).explainBan(ip, options))
  withChange(
    ban.command('add <network>').description('let nobody sign in from IP or IP/BITS'),
    'ban add 192.0.2.0/24 --for 1h',
  )
    .option('--for <time>', 'until then: 30m, 1h, 7d (default: until it is removed)')
    .option('-y, --yes', 'do not ask')
    .action(async (network, options) => (await import('./ban.ts')).addBan(network, options))
  withChange(
    ban
      .command('remove <network>')
      .alias('rm')
      .description('lift a ban, forget failures from there'),
    'ban remove 192.0.2.0/24',
  ).action(async (network, options) => (await import('./ban.ts')).removeBan(network, options))
  withChange(
    ban.command('trust <network>').description('never count failures from IP or IP/BITS'),
    'ban trust 198.51.100.0/24',
  ).action(async (network, options) => (await import('./ban.ts')).trustNetwork(network, options))
}

import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse quarantine …`: mail that is kept aside. */
export function addQuarantineCommands(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('mail that was taken and is shown to nobody')
  withOutput(
    quarantine.command('list').alias('ls').description('what is kept, latest first'),
    'quarantine list --for ada@example.org --reason spam',
  )
    .option('--for <address>', 'for this account')
    .option('--domain <domain>', 'for accounts of this domain')
    .option('--reason <reason>', 'spam, virus or policy')
    .option('--since <time>', 'kept since: 2h, 3d, or a date')
    .option('--limit <count>', 'the latest so many', '1000')
    .action(async (options) => (await import('./quarantine.ts')).listQuarantine(options))
  withOutput(
    quarantine.command('show <id>').description('one message'),
    'quarantine show QUARANTINE-ID --why',
  )
    .option('--why', 'every sign for and against it, and who sent it')
    .option('--headers', 'its header, as it came')
    .option('--text', 'what a person reads in it: decoded, without markup')
    .action(async (id, options) => (await import('./quarantine.ts')).showQuarantined(id, options))
  withChange(
    quarantine.command('release <id...>').description('deliver to INBOX, as it came, and learn'),
    'quarantine release QUARANTINE-ID',
  )
    .option('--to <address>', 'to this account instead')
    .option('--no-train', 'do not learn that such mail is wanted')
    .option('-y, --yes', 'also with a virus in it; do not ask')
    .action(async (ids, options) =>
      (await import('./quarantine-changes.ts')).releaseQuarantined(ids, options),
    )
  withChange(
    quarantine.command('delete <id...>').alias('rm').description('erase for good'),
    'quarantine delete QUARANTINE-ID --yes',
  )
    .option('-y, --yes', 'do not ask')
    .action(async (ids, options) =>
      (await import('./quarantine-changes.ts')).deleteQuarantined(ids, options),
    )
  withChange(
    quarantine.command('purge').description('erase all that is older, for good'),
    'quarantine purge --older 30d --yes',
  )
    .requiredOption('--older <time>', 'kept longer than: 12h, 7d, 2w')
    .option('-y, --yes', 'do not ask')
    .action(async (options) => (await import('./quarantine-changes.ts')).purgeQuarantine(options))
}

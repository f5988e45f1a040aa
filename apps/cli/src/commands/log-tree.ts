import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse log …`: what the processes of the running suite tell. */
export function addLogCommands(program: Command): void {
  const log = program.command('log').description('what the running suite logs')
  withOutput(
    log.command('tail').description('follow the log of all processes until Ctrl-C'),
    'log tail --account ada@example.org --level debug',
    'log tail --role mx,delivery --json',
  )
    .option('--role <apps>', 'of these apps only: mx,imap …')
    .option('--account <address>', 'what is about this account, and its connections from then on')
    .option('--level <level>', 'trace, debug, info, warn or error, and what matters more', 'info')
    .option('--id <id>', 'what names this connection, message or queue id')
    .action(async (options) => (await import('./log-tail.ts')).tailLog(options))
  withChange(
    log
      .command('level [change]')
      .description(
        'MODULE=LEVEL: log more or less of an app, or of events; then as before by itself',
      ),
    'log level',
    'log level imap=debug --for 10m',
  )
    .option('--for <time>', 'so long: 10m, 1h; a day at most', '10m')
    .action(async (change: string | undefined, options) =>
      (await import('./log-level.ts')).changeLevel(change, options),
    )
}

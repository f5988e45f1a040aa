import type { Command } from 'commander'
import { withExamples } from '../examples.ts'
import { withOutput } from './options.ts'

/** `posthouse up`, `status`, `send-test`, and the entry of an app's process. */
export function addServerCommands(program: Command): void {
  withExamples(
    program
      .command('up [app...]')
      .description('start the suite: mx, submission, delivery, imap, pop3, web'),
    ['up', 'up --together'],
  )
    .option('--together', 'all apps in one process, for small machines')
    .option('--no-color', 'no colours (so does NO_COLOR)')
    .option('--config <file>', 'configuration file (default: posthouse.toml in the data folder)')
    .action(async (apps, options) => (await import('./up.ts')).upCommand(apps, options))
  program
    .command('run-app <app>', { hidden: true })
    .option('--config <file>')
    .action(async (app, options) => (await import('./up.ts')).runAppCommand(app, options))
  withOutput(
    program.command('status').description('what runs, and how it does'),
    'status',
    'status --json',
  )
    .option('--watch', 'go on until Ctrl-C: drawn again on a terminal, else a line for each change')
    .action(async (options) => (await import('./status.ts')).showStatus(options))
  withOutput(
    program.command('send-test <from>').description('send a message and follow it to its end'),
    'send-test postmaster@example.org --to ada@example.org',
  )
    .requiredOption('--to <address>', 'whom to send it to')
    .option('--timeout <seconds>', 'how long to follow a message that leaves this server', '60')
    .action(async (from, options) => (await import('./send-test.ts')).sendTest(from, options))
}

import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse forward …`. */
export function addForwardCommands(program: Command): void {
  const forward = program.command('forward').description('mail that goes on to other addresses')
  withChange(
    forward
      .command('set <account> <target...>')
      .description("let an account's mail go on; what was set before is replaced"),
    'forward set ada@example.org ada@example.net --keep-copy',
  )
    .option('--keep-copy', 'keep it in the mailbox, too')
    .action(async (account, targets, options) =>
      (await import('./forward.ts')).setForward(account, targets, options),
    )
  withOutput(
    forward
      .command('show <address>')
      .description('where the mail of an account or an alias goes, and how its targets take it'),
    'forward show ada@example.org',
  ).action(async (address, options) => (await import('./forward.ts')).showForward(address, options))
  withChange(
    forward.command('clear <account>').description("let an account's mail stay where it is"),
    'forward clear ada@example.org',
  ).action(async (account, options) =>
    (await import('./forward.ts')).clearForward(account, options),
  )
  withChange(
    forward
      .command('resume <address> [target]')
      .description('pass mail on again to a target that is paused; none named: to all of them'),
    'forward resume ada@example.org',
  ).action(async (address, target, options) =>
    (await import('./forward.ts')).resumeForward(address, target, options),
  )
}

/** `posthouse autoreply …`. */
export function addAutoreplyCommands(program: Command): void {
  const autoreply = program.command('autoreply').description('answers for owners who are away')
  withChange(
    autoreply
      .command('set <account>')
      .description('answer each sender once a week; who was answered before is answered again'),
    'autoreply set ada@example.org --subject "Away" --body-file away.txt --until 14d',
  )
    .requiredOption('--body-file <file>', 'what to say: plain text in UTF-8; - is standard input')
    .option('--subject <text>', 'default: Auto: and the subject of the message')
    .option('--from <time>', 'from then on: 2026-12-24, 2026-12-24T18:00 (UTC), or 3d from now')
    .option('--until <time>', 'until then')
    .action(async (account, options) =>
      (await import('./autoreply.ts')).setAutoreply(account, options),
    )
  withOutput(
    autoreply.command('show <account>').description('what it answers, when, and to how many'),
    'autoreply show ada@example.org',
  ).action(async (account, options) =>
    (await import('./autoreply.ts')).showAutoreply(account, options),
  )
  withChange(
    autoreply.command('clear <account>').description('answer nobody any more'),
    'autoreply clear ada@example.org',
  ).action(async (account, options) =>
    (await import('./autoreply.ts')).clearAutoreply(account, options),
  )
}

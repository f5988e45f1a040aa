import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse store …`, `posthouse trace`, `posthouse quota …`: what is kept. */
export function addStoreCommands(program: Command): void {
  const store = program.command('store').description('the database under it all')
  withOutput(
    store.command('check').description('prove that nothing is lost, doubled or out of step'),
    'store check',
    'store check --fix',
  )
    .option('--contents', 'read all mail, too, and compare it with its hashes: may take hours')
    .option('--fix', 'mend what can be mended without guessing')
    .action(async (options) => (await import('./store-check.ts')).checkStore(options))
  withOutput(
    store
      .command('index')
      .description('make what waits findable by its words, now, not in minutes'),
    'store index --wait',
  )
    .option('--wait', 'until nothing waits any more, whoever does it')
    .action(async (options) => (await import('./store-index.ts')).indexStore(options))
  withOutput(
    program
      .command('trace [what]')
      .description(
        'what happened: to a message (queue id, <Message-ID>), at an address, to mail like this',
      ),
    'trace QUEUE-ID',
    'trace --to ada@example.org --since 2h',
  )
    .option('--from <address>', 'mail of this envelope sender (<> for reports)')
    .option('--to <address>', 'mail for this recipient')
    .option('--subject <words>', 'mail with these words in its subject')
    .option('--verdict <action>', 'deliver, tag, junk, quarantine, defer or reject')
    .option('--since <time>', 'from then on: 2h, 3d, or a date (default: the last day)')
    .option('--until <time>', 'up to then')
    .option('--limit <count>', 'the latest so many steps', '1000')
    .option('--full', 'every sign that the filter found, and Message-IDs')
    .option('-f, --follow', 'tell further steps as they come, until Ctrl-C')
    .action(async (what, options) => (await import('./trace.ts')).showTrace(what, options))
  addQuotaCommands(program)
}

function addQuotaCommands(program: Command): void {
  const quota = program.command('quota').description('how much an account, or a domain, may keep')
  withOutput(
    quota.command('show <name>').description('usage and limits'),
    'quota show ada@example.org',
    'quota show example.org',
  ).action(async (name, options) => (await import('./quota.ts')).showQuota(name, options))
  withChange(
    quota.command('set <name> <size>').description('500M, 5G, none'),
    'quota set ada@example.org 5G',
  )
    .option('--messages <count>', 'at most so many messages, or none')
    .action(async (name, size, options) =>
      (await import('./quota.ts')).setQuota(name, size, options),
    )
}

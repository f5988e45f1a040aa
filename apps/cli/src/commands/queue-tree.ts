import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse queue …`: mail on its way out. */
export function addQueueCommands(program: Command): void {
  const queue = program.command('queue').description('mail on its way to other servers')
  withFilter(
    withOutput(
      queue.command('list').alias('ls').description('what waits, oldest first'),
      'queue list',
      'queue list --domain example.net --older 1h',
    ),
  )
    .option('--limit <count>', 'the oldest so many', '1000')
    .action(async (options) => (await import('./queue.ts')).listQueue(options))
  withOutput(
    queue.command('show <id>').description('one message: what happened, what comes next'),
    'queue show QUEUE-ID --headers',
  )
    .option('--headers', 'its header, as it goes out')
    .option('--body', 'all of it, as it goes out')
    .option('--text', 'what a person reads in it: decoded, without markup')
    .action(async (id, options) => (await import('./queue-show.ts')).showQueued(id, options))
  addChanges(queue)
  addPauses(queue)
  withOutput(
    queue.command('stats').description('how much waits, by what'),
    'queue stats --by domain',
    'queue stats --by provider',
  )
    .option('--by <what>', 'domain, sender, error, state, age or provider', 'domain')
    .action(async (options) => (await import('./queue-stats.ts')).showQueueStats(options))
  addSuppressions(queue)
  addRules(queue)
}

function addChanges(queue: Command): void {
  const change = (name: string, description: string, example: string): Command =>
    withFilter(withChange(queue.command(name).description(description), example)).option(
      '--all',
      'all that there is',
    )
  change('retry [id...]', 'try again now, in turn', 'queue retry --domain example.net').action(
    async (ids, options) => (await import('./queue-changes.ts')).retryQueue(ids, options),
  )
  change(
    'hold [id...]',
    'keep from being tried until it is released',
    'queue hold QUEUE-ID --because "ask first"',
  )
    .option('--because <text>', 'why, for whoever looks next')
    .action(async (ids, options) => (await import('./queue-changes.ts')).holdQueue(ids, options))
  change(
    'release [id...]',
    'let go what is held, whoever held it',
    'queue release QUEUE-ID',
  ).action(async (ids, options) => (await import('./queue-changes.ts')).releaseQueue(ids, options))
  change('drop [id...]', 'end without a report: nobody is told', 'queue drop QUEUE-ID --yes')
    .option('-y, --yes', 'do not ask')
    .option('--confirm <word>', 'with --all: the word queue')
    .action(async (ids, options) => (await import('./queue-endings.ts')).dropQueue(ids, options))
  change(
    'fail [id...]',
    'end as undeliverable: the sender gets a report',
    'queue fail QUEUE-ID --yes',
  )
    .option('--because <text>', 'why, in words for the sender')
    .option('-y, --yes', 'do not ask')
    .option('--confirm <word>', 'with --all: the word queue')
    .action(async (ids, options) => (await import('./queue-endings.ts')).failQueue(ids, options))
  withChange(
    queue.command('redirect <id> <address>').description('send it to another address'),
    'queue redirect QUEUE-ID carol@example.net --yes',
  )
    .option('--to <address>', 'of a message with several recipients: this one')
    .option('-y, --yes', 'do not ask')
    .action(async (id, address, options) =>
      (await import('./queue-endings.ts')).redirectQueue(id, address, options),
    )
}

function addPauses(queue: Command): void {
  withChange(
    queue.command('pause').description('send nothing: to a domain, or at all'),
    'queue pause --domain example.net --for 2h --because "their server is being moved"',
  )
    .option('--domain <domain>', 'to this domain only')
    .option('--for <time>', 'so long: 30m, 2h, 1d; else until it is resumed')
    .option('--because <text>', 'why, for whoever looks next')
    .action(async (options) => (await import('./queue-pauses.ts')).pauseQueue(options))
  withChange(
    queue.command('resume').description('end a pause'),
    'queue resume --domain example.net',
  )
    .option('--domain <domain>', 'of this domain only')
    .option('--provider <name>', 'or ask a provider again that is left alone for its answers')
    .action(async (options) => (await import('./queue-pauses.ts')).resumeQueue(options))
  withOutput(
    queue.command('pauses').description('what is paused, since when and why'),
    'queue pauses',
  ).action(async (options) => (await import('./queue-pauses.ts')).listPauses(options))
}

function addSuppressions(queue: Command): void {
  const suppress = queue.command('suppress').description('addresses that nothing is sent to')
  withOutput(
    suppress.command('list').alias('ls').description('all of them'),
    'queue suppress list',
  ).action(async (options) => (await import('./queue-suppress.ts')).listSuppressed(options))
  withChange(
    suppress.command('add <address>').description('mail for it comes back at once'),
    'queue suppress add gone@example.net --for 7d',
  )
    .option('--for <time>', 'so long: 7d, 4w; else for good')
    .option('--because <text>', 'why, in words for senders')
    .action(async (address, options) =>
      (await import('./queue-suppress.ts')).addSuppressed(address, options),
    )
  withChange(
    suppress.command('remove <address>').alias('rm').description('send to it again'),
    'queue suppress remove gone@example.net',
  ).action(async (address, options) =>
    (await import('./queue-suppress.ts')).removeSuppressed(address, options),
  )
}

function addRules(queue: Command): void {
  const rules = queue.command('rules').description('mail that is held when its turn comes')
  withOutput(
    rules.command('list').alias('ls').description('all of them'),
    'queue rules list',
  ).action(async (options) => (await import('./queue-rules.ts')).listRules(options))
  withPredicate(
    withChange(
      rules.command('add').description('hold what is like this'),
      'queue rules add --from newsletter@example.org --because "ask first"',
    ),
  )
    .option('--because <text>', 'why, for whoever looks next')
    .action(async (options) => (await import('./queue-rules.ts')).addRule(options))
  withChange(
    rules.command('remove <id>').alias('rm').description('what it holds stays held'),
    'queue rules remove RULE-ID',
  ).action(async (id, options) => (await import('./queue-rules.ts')).removeRule(id, options))
}

/** What messages and rules are told apart by. */
function withPredicate(command: Command): Command {
  return command
    .option('--domain <domain>', 'for this domain')
    .option('--to <address>', 'for this address')
    .option('--from <sender>', 'of this address, or of this domain')
    .option('--account <address>', 'submitted by this account')
    .option('--older <time>', 'submitted longer ago: 1h, 2d')
    .option('--larger <size>', 'larger: 500K, 10M')
    .option('--origin <origin>', 'submitted, forwarded, report or autoreply')
}

function withFilter(command: Command): Command {
  return withPredicate(command)
    .option('--state <state>', 'waiting, deferred, held or active')
    .option('--held-by <who>', 'held by operator, rule, account or delivery')
    .option('--rule <id>', 'held by this rule')
}

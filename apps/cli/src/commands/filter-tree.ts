import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse filter …`: what is done about spam and viruses. */
export function addFilterCommands(program: Command): void {
  const filter = program.command('filter').description('what is done about spam and viruses')
  withOutput(
    filter.command('status').description('the stages and how they are; 3 where a scanner is not'),
    'filter status',
  ).action(async (options) => (await import('./filter-status.ts')).showFilterStatus(options))
  withOutput(
    filter
      .command('test <file>')
      .description('what would be done with a message (- reads it); nothing is kept or learnt'),
    'filter test message.eml --explain',
    'filter test message.eml --for ada@example.org --ip 192.0.2.1',
  )
    .option('--explain', 'every sign for and against it')
    .option('--for <address>', 'where the copy of this account would go')
    .option('--ip <address>', 'the client that brought it: for the proof of its sender')
    .option('--helo <name>', 'what the client called itself', '')
    .option('--mail-from <address>', 'MAIL FROM; without it the null sender', '')
    .action(async (file, options) => (await import('./filter-test.ts')).testFilter(file, options))
  const train = filter.command('train').description('teach what is spam, and what is not')
  for (const kind of ['spam', 'ham'] as const) addTrainCommand(train, kind)
  withOutput(
    filter.command('stats').description('what came of messages, and the signs they had'),
    'filter stats --since 7d',
  )
    .option('--since <time>', 'in this time: 12h, 7d, or a date', '1d')
    .action(async (options) => (await import('./filter-stats.ts')).showFilterStats(options))
  withChange(
    filter
      .command('set [settings...]')
      .description('NAME=VALUE …, NAME= for the default; without any, all are shown'),
    'filter set',
    'filter set greylist=on',
  ).action(async (settings, options) =>
    (await import('./filter-set.ts')).setFilterSettings(settings, options),
  )
  addListCommands(filter, 'allow', 'senders whose signed mail goes to INBOX whatever its points')
  addListCommands(filter, 'block', 'senders whose mail goes to Junk')
}

function addTrainCommand(train: Command, kind: 'spam' | 'ham'): void {
  withChange(
    train.command(`${kind} <path...>`).description('messages: files, and all files in folders'),
    `filter train ${kind} message.eml`,
    `filter train ${kind} ${kind}-folder --for ada@example.org`,
  )
    .option('--for <address>', 'for this account, and a little for all; without it for all')
    .action(async (paths, options) =>
      (await import('./filter-train.ts')).trainFilter(kind, paths, options),
    )
}

function addListCommands(filter: Command, rule: 'allow' | 'block', about: string): void {
  const list = filter.command(rule).description(about)
  const forWhom = "on this account's list instead of everybody's"
  withChange(
    list.command('add <sender...>').description('domains (with all below) or addresses'),
    `filter ${rule} add example.net`,
  )
    .option('--for <address>', forWhom)
    .action(async (senders, options) =>
      (await import('./filter-lists.ts')).addSenders(rule, senders, options),
    )
  withOutput(
    list.command('list').alias('ls').description('all lists, or one'),
    `filter ${rule} list`,
  )
    .option('--for <address>', "this account's list alone")
    .action(async (options) => (await import('./filter-lists.ts')).listSenders(rule, options))
  withChange(
    list.command('remove <sender...>').alias('rm').description('take them off the list'),
    `filter ${rule} remove example.net`,
  )
    .option('--for <address>', forWhom)
    .action(async (senders, options) =>
      (await import('./filter-lists.ts')).removeSenders(rule, senders, options),
    )
}

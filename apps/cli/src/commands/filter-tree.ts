import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse filter …`: what is done about spam and viruses. */
export function addFilterCommands(program: Command): void {
  const filter = program.command('filter').description('what is done about spam and viruses')
  withOutput(filter.command('stats').description('what came of messages, and the signs they had'))
    .option('--since <time>', 'in this time: 12h, 7d, or a date', '1d')
    .action(async (options) => (await import('./filter-stats.ts')).showFilterStats(options))
  withChange(
    filter
      .command('set [settings...]')
      .description('NAME=VALUE …, NAME= for the default; without any, all are shown'),
  ).action(async (settings, options) =>
    (await import('./filter-set.ts')).setFilterSettings(settings, options),
  )
  addListCommands(filter, 'allow', 'senders whose signed mail goes to INBOX whatever its points')
  addListCommands(filter, 'block', 'senders whose mail goes to Junk')
}

function addListCommands(filter: Command, rule: 'allow' | 'block', about: string): void {
  const list = filter.command(rule).description(about)
  const forWhom = "on this account's list instead of everybody's"
  withChange(list.command('add <sender...>').description('domains (with all below) or addresses'))
    .option('--for <address>', forWhom)
    .action(async (senders, options) =>
      (await import('./filter-lists.ts')).addSenders(rule, senders, options),
    )
  withOutput(list.command('list').alias('ls').description('all lists, or one'))
    .option('--for <address>', "this account's list alone")
    .action(async (options) => (await import('./filter-lists.ts')).listSenders(rule, options))
  withChange(list.command('remove <sender...>').alias('rm').description('take them off the list'))
    .option('--for <address>', forWhom)
    .action(async (senders, options) =>
      (await import('./filter-lists.ts')).removeSenders(rule, senders, options),
    )
}

import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse alias …`. */
export function addAliasCommands(program: Command): void {
  const alias = program.command('alias').description('addresses that stand for others')
  withChange(
    alias.command('add <address> <target...>').description('let an address lead to others'),
  ).action(async (address, targets, options) =>
    (await import('./alias.ts')).addAlias(address, targets, options),
  )
  withOutput(alias.command('list').alias('ls').description('list the aliases'))
    .option('--domain <domain>', 'of this domain only')
    .action(async (options) => (await import('./alias.ts')).listAliases(options))
  withChange(alias.command('remove <address>').alias('rm').description('remove an alias'))
    .option('-y, --yes', 'do not ask')
    .action(async (address, options) => (await import('./alias.ts')).removeAlias(address, options))
}

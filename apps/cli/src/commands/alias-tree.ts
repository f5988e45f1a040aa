import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** An alias of one account may be written as, one of several not, unless it is said. */
function withSending(command: Command): Command {
  return command
    .option('--allow-send', 'the accounts it leads to may write as it')
    .option('--no-allow-send', 'they may not')
}

/** `posthouse alias …`. */
export function addAliasCommands(program: Command): void {
  const alias = program.command('alias').description('addresses that stand for others')
  withSending(
    withChange(
      alias.command('add <address> <target...>').description('let an address lead to others'),
      'alias add info@example.org ada@example.org bob@example.org',
    ),
  ).action(async (address, targets, options) =>
    (await import('./alias.ts')).addAlias(address, targets, options),
  )
  withSending(
    withChange(
      alias.command('set <address>').description('who may write as it'),
      'alias set info@example.org --allow-send',
    ),
  ).action(async (address, options) => (await import('./alias.ts')).setAlias(address, options))
  withOutput(
    alias
      .command('resolve <address>')
      .description('where mail for an address goes: tags, aliases, forwards, domains, circles'),
    'alias resolve info@example.org',
  ).action(async (address, options) =>
    (await import('./alias-resolve.ts')).resolveAlias(address, options),
  )
  withOutput(
    alias.command('list').alias('ls').description('list the aliases'),
    'alias list --domain example.org',
  )
    .option('--domain <domain>', 'of this domain only')
    .action(async (options) => (await import('./alias.ts')).listAliases(options))
  withOutput(
    alias.command('show <address>').description('an alias, and who may write as it'),
    'alias show info@example.org',
  ).action(async (address, options) => (await import('./alias.ts')).showAlias(address, options))
  withChange(
    alias.command('remove <address>').alias('rm').description('remove an alias'),
    'alias remove info@example.org --yes',
  )
    .option('-y, --yes', 'do not ask')
    .action(async (address, options) => (await import('./alias.ts')).removeAlias(address, options))
}

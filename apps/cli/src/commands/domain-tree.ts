import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse domain …`. */
export function addDomainCommands(program: Command): void {
  const domain = program.command('domain').description('the domains whose mail this server keeps')
  withChange(domain.command('add <domain>').description('take mail for a domain')).action(
    async (name, options) => (await import('./domain.ts')).addDomain(name, options),
  )
  withOutput(domain.command('list').alias('ls').description('list the domains')).action(
    async (options) => (await import('./domain.ts')).listDomains(options),
  )
  withChange(
    domain.command('remove <domain>').alias('rm').description('stop taking mail for a domain'),
  )
    .option('--confirm <domain>', 'the domain again, instead of being asked')
    .action(async (name, options) => (await import('./domain.ts')).removeDomain(name, options))
}

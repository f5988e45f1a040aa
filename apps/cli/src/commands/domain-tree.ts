import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse domain …`. */
export function addDomainCommands(program: Command): void {
  const domain = program.command('domain').description('the domains whose mail this server keeps')
  withChange(
    domain.command('add <domain>').description('take mail for a domain'),
    'domain add example.org',
    'domain add example.net --catchall you@example.org',
  )
    .option('--catchall <address>', 'who gets mail for addresses that nobody has')
    .action(async (name, options) => (await import('./domain.ts')).addDomain(name, options))
  withOutput(
    domain.command('list').alias('ls').description('list the domains'),
    'domain list',
  ).action(async (options) => (await import('./domain.ts')).listDomains(options))
  withOutput(
    domain.command('show <domain>').description('what is known of a domain'),
    'domain show example.org',
  ).action(async (name, options) => (await import('./domain.ts')).showDomain(name, options))
  withChange(
    domain
      .command('set <domain> [settings...]')
      .description('who gets what nobody has: NAME=VALUE …; NAME= for nothing; none: show them'),
    'domain set example.org catchall=you@example.org',
    'domain set example.org catchall-send=no',
  ).action(async (name, settings, options) =>
    (await import('./domain-set.ts')).setDomain(name, settings, options),
  )
  addSwitches(domain)
  withChange(
    domain.command('remove <domain>').alias('rm').description('stop taking mail for a domain'),
    'domain remove example.org --confirm example.org',
  )
    .option('--confirm <domain>', 'the domain again, instead of being asked')
    .action(async (name, options) => (await import('./domain.ts')).removeDomain(name, options))
  addAliases(domain)
}

function addSwitches(domain: Command): void {
  withChange(
    domain
      .command('disable <domain>')
      .description('refuse its mail and let nobody of it sign in; everything is kept'),
    'domain disable example.org',
  )
    .option('-y, --yes', 'do not ask')
    .action(async (name, options) =>
      (await import('./domain.ts')).switchDomain(name, false, options),
    )
  withChange(
    domain.command('enable <domain>').description('take a disabling back'),
    'domain enable example.org',
  ).action(async (name, options) => (await import('./domain.ts')).switchDomain(name, true, options))
}

function addAliases(domain: Command): void {
  const alias = domain
    .command('alias')
    .description('domains that have the addresses of another domain')
  withChange(
    alias
      .command('add <alias-domain> <domain>')
      .description('make every address of a domain one of another domain, too'),
    'domain alias add example.net example.org',
  ).action(async (name, of, options) =>
    (await import('./domain-alias.ts')).addDomainAlias(name, of, options),
  )
  withOutput(
    alias.command('list [domain]').alias('ls').description('list them, or those of one domain'),
    'domain alias list example.org',
  ).action(async (name, options) =>
    (await import('./domain-alias.ts')).listDomainAliases(name, options),
  )
  withChange(
    alias
      .command('remove <alias-domain> <domain>')
      .alias('rm')
      .description('let a domain have no more addresses of another'),
    'domain alias remove example.net example.org',
  )
    .option('-y, --yes', 'do not ask')
    .action(async (name, of, options) =>
      (await import('./domain-alias.ts')).removeDomainAlias(name, of, options),
    )
}

import type { Command } from 'commander'
import { collect, withOutput } from './options.ts'

/** `posthouse dns …`: what a domain's zone must say. */
export function addDnsCommands(program: Command): void {
  const dns = program
    .command('dns')
    .description("what a domain's DNS must say, and whether it does")
  withAddresses(
    withOutput(
      dns.command('records <domain>').description('the records to be published'),
      'dns records example.org --address 192.0.2.1',
      'dns records example.org --format table --level must',
    ),
  )
    .option(
      '--format <format>',
      'zone (for a zone file), table (for web forms: in one piece) or json',
    )
    .option('--level <level>', 'must, should or all', 'all')
    .option('--offline', 'do not look at what is published')
    .action(async (domain, options) => (await import('./dns.ts')).showRecords(domain, options))
  withAddresses(
    withOutput(
      dns.command('check <domain>').description('compare with what is published'),
      'dns check example.org',
    ),
  )
    .option('--strict', 'warnings count, too (exit code 10)')
    .action(async (domain, options) => (await import('./dns.ts')).checkRecords(domain, options))
}

function withAddresses(command: Command): Command {
  return command
    .option('--address <ip>', 'where the world reaches this server (again and again)', collect)
    .option('--resolver <ip>', 'ask this DNS server (again and again)', collect)
}

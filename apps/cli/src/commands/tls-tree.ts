import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse tls …`, `dane check`, `mtasts check`: what protects the mail that we carry to others. */
export function addTlsCommands(program: Command): void {
  const tls = program.command('tls').description("what protected mail on its way to others' hosts")
  withChange(
    tls
      .command('history [domain]')
      .description('host by host: by which policy, proved or not, since when, what failed'),
  )
    .option('--limit <count>', 'rows at most, the newest first', '100')
    .option('--forget', 'begin anew with this domain: no absence of TLS is suspicious any more')
    .action(async (domain, options) =>
      (await import('./tls-history.ts')).tlsHistory(domain, options),
    )
  withOutput(
    program
      .command('dane')
      .description('DANE: hosts that prove themselves by DNSSEC')
      .command('check <domain>')
      .description("look at a domain's hosts as a delivery would; 3 where one fails"),
  ).action(async (domain, options) => (await import('./tls-check.ts')).daneCheck(domain, options))
  withOutput(
    program
      .command('mtasts')
      .description('MTA-STS: hosts that prove themselves by a policy on the web')
      .command('check <domain>')
      .description("fetch a domain's policy and look at its hosts; 3 where one fails"),
  ).action(async (domain, options) => (await import('./tls-check.ts')).stsCheck(domain, options))
}

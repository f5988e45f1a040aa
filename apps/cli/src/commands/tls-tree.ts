import type { Command } from 'commander'
import { withExamples } from '../examples.ts'
import { withChange, withOutput } from './options.ts'

/** `posthouse tls …`, `dane check`, `mtasts check`: our certificates, and what protects the mail that we carry to others. */
export function addTlsCommands(program: Command): void {
  const tls = program
    .command('tls')
    .description("our certificates, and what protected mail on its way to others' hosts")
  addCertificateCommands(tls)
  withChange(
    tls
      .command('history [domain]')
      .description('host by host: by which policy, proved or not, since when, what failed'),
    'tls history example.net',
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
    'dane check example.net',
  ).action(async (domain, options) => (await import('./tls-check.ts')).daneCheck(domain, options))
  const mtasts = program
    .command('mtasts')
    .description('MTA-STS: hosts that prove themselves by a policy on the web')
  withExamples(
    withChange(
      mtasts
        .command('set <domain> <mode>')
        .description('what a domain of ours asks of those who send it mail'),
    ),
    ['mtasts set example.org testing', 'mtasts set example.org enforce --max-age 14d'],
  )
    .option('--max-age <time>', 'how long others may keep it (default: 1d; enforce: 14d)')
    .addHelpText(
      'after',
      '\nModes: testing (others report what would fail), enforce (they deliver over TLS that proves itself, or not at all),\nnone (nothing any more, of who remembers), off (no policy).',
    )
    .action(async (domain, mode, options) =>
      (await import('./mtasts-set.ts')).setPolicy(domain, mode, options),
    )
  withOutput(
    mtasts
      .command('check <domain>')
      .description("fetch a domain's policy and look at its hosts; 3 where one fails"),
    'mtasts check example.net',
  ).action(async (domain, options) => (await import('./tls-check.ts')).stsCheck(domain, options))
}

function addCertificateCommands(tls: Command): void {
  withOutput(
    tls
      .command('status')
      .description(
        'each certificate: its names, when it ends, what went wrong; 3 where one is bad',
      ),
    'tls status',
  ).action(async (options) => (await import('./tls-status.ts')).tlsStatus(options))
  withChange(
    tls
      .command('issue [host-or-domain]')
      .description('order what is missing from the authority now: all, or one name or domain'),
    'tls issue mail.example.org',
  )
    .option('--new-key', 'with another key: the old one is lost, or in wrong hands')
    .option('--force', 'order all the same, whatever the authority asked to wait for')
    .option('--wait <time>', 'for another process that issues: 3m, or 0', '3m')
    .action(async (name, options) =>
      (await import('./tls-issue.ts')).issueCertificates(name, options),
    )
  withChange(
    tls.command('renew [host-or-domain]').description('renew what is due; that happens by itself'),
    'tls renew',
  )
    .option('--force', 'what is not due, too; authorities allow few in a week')
    .option('--wait <time>', 'for another process that issues: 3m, or 0', '3m')
    .action(async (name, options) =>
      (await import('./tls-issue.ts')).renewCertificates(name, options),
    )
  withChange(
    tls.command('import').description('take a certificate of yours, for all machines of the house'),
    'tls import --cert chain.pem --key key.pem',
  )
    .requiredOption('--cert <file>', 'the chain, PEM, the certificate itself first')
    .requiredOption('--key <file>', 'its key, PEM without a passphrase')
    .option('--name <name>', 'what it is called here (default: its first name)')
    .action(async (options) => (await import('./tls-import.ts')).importCertificate(options))
  withChange(
    tls.command('remove <name>').alias('rm').description('remove a certificate and its key'),
    'tls remove mail.example.org --yes',
  )
    .option('-y, --yes', 'do not ask')
    .action(async (name, options) =>
      (await import('./tls-import.ts')).removeCertificate(name, options),
    )
  withOutput(
    tls.command('pin').description('the TLSA records of our keys, the present and the next one'),
    'tls pin',
  ).action(async (options) => (await import('./tls-pin.ts')).showPins(options))
}

import type { Command } from 'commander'
import { withOutput } from './options.ts'

/** `posthouse setup`: from a fresh machine to a mail server. */
export function addSetupCommand(program: Command): void {
  withOutput(
    program
      .command('setup')
      .description('set this machine up: six questions, or none; safe to run again'),
    'setup',
    'setup --domain example.org --account ada@example.org --yes',
  )
    .option('--answers <file>', 'a TOML file with the answers: domain = "example.org" …')
    .option('--domain <domain>', 'the mail domain')
    .option('--hostname <name>', "the server's name (default: mail.DOMAIN)")
    .option('--account <address>', 'the first mailbox (default: you@DOMAIN)')
    .option(
      '--tls <source>',
      "certificates: acme (Let's Encrypt; you agree to its terms), files or self-signed",
    )
    .option(
      '--acme-email <address>',
      'where the authority may write to you (default: the first mailbox)',
    )
    .option('--cert <file>', 'a certificate of yours, PEM (default: one is made here)')
    .option('--key <file>', 'its key, PEM')
    .option(
      '--database <url>',
      'a Postgres of yours (default: embedded); with a password: in --answers',
    )
    .option('--ports <kind>', 'standard (25, 465, 993 …) or high (2525 …)')
    .option('--data <folder>', 'everything in this folder (default as root: /etc and /var/lib)')
    .option('--skip-network', 'look at nothing outside this machine')
    .option('--no-service', 'install no service of the system')
    .option('-y, --yes', 'do not ask whether to go on')
    .action(async (options) => (await import('./setup.ts')).setUp(options))
}

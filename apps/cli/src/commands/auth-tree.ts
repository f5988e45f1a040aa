import type { Command } from 'commander'
import { withOutput } from './options.ts'

/** `posthouse auth …`: who sent a message, and how that is known. */
export function addAuthCommands(program: Command): void {
  const auth = program.command('auth').description('who sent a message, and how that is known')
  withOutput(
    auth
      .command('check <file>')
      .description(
        'SPF, DKIM, DMARC and ARC of a message (- reads it); 3 where the sender is forged',
      ),
    'auth check message.eml --ip 192.0.2.1 --mail-from bob@example.net',
  )
    .option('--ip <address>', 'the client that brought it: for SPF and reverse DNS')
    .option('--helo <name>', 'what the client called itself', '')
    .option('--mail-from <address>', 'MAIL FROM; without it the null sender', '')
    .option('--evidence', 'every DNS answer that it rests on')
    .option('--second-opinion', 'what mailauth, a checker of another hand, says of it')
    .action(async (file, options) => (await import('./auth-check.ts')).checkAuth(file, options))
  withOutput(
    auth
      .command('spf <ip> <address>')
      .description('whether a client may send as an address or domain; 3 unless it passes'),
    'auth spf 192.0.2.1 ada@example.org',
  )
    .option('--helo <name>', 'what the client calls itself', '')
    .action(async (ip, address, options) =>
      (await import('./auth-domain.ts')).askSpf(ip, address, options),
    )
  withOutput(
    auth
      .command('dmarc <domain>')
      .description('what a domain wants done with mail that is not its own; 3 without a policy'),
    'auth dmarc example.org',
  ).action(async (domain, options) => (await import('./auth-domain.ts')).askDmarc(domain, options))
}

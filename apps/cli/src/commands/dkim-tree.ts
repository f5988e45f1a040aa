import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse dkim …`: the keys that outgoing mail is signed with. */
export function addDkimCommands(program: Command): void {
  const dkim = program.command('dkim').description('the keys that outgoing mail is signed with')
  withOutput(
    dkim
      .command('list [domain]')
      .alias('ls')
      .description('list the keys; 3 where mail waits for one'),
    'dkim list example.org',
  ).action(async (domain, options) => (await import('./dkim.ts')).listKeys(domain, options))
  withChange(
    dkim.command('create <domain>').description('make keys, which sign once DNS shows them'),
    'dkim create example.org --alg ed25519 --selector p2026a',
  )
    .option('--alg <kind>', 'rsa or ed25519; without it one of each')
    .option('--selector <name>', 'instead of the one made of the week')
    .action(async (domain, options) =>
      (await import('./dkim-change.ts')).createKeys(domain, options),
    )
  withOutput(
    dkim.command('show <domain> <selector>').description('a key, and its record for DNS'),
    'dkim show example.org p2026a',
    'dkim show example.org p2026a --dns',
  )
    .option('--dns', 'ask DNS for it; a key that waits signs from then on; 8 while it is not there')
    .action(async (domain, selector, options) =>
      (await import('./dkim-show.ts')).showKey(domain, selector, options),
    )
  withChange(
    dkim
      .command('rotate <domain>')
      .description('make the next keys, which take over by themselves'),
    'dkim rotate example.org --overlap 7d',
  )
    .option('--overlap <time>', 'how long old records stay beyond five days in queues', '7d')
    .action(async (domain, options) =>
      (await import('./dkim-change.ts')).rotateKeys(domain, options),
    )
  withChange(
    dkim.command('retire <domain> <selector>').description('take a key out of use'),
    'dkim retire example.org p2026a',
  )
    .option('--now', 'its record may go at once: mail on its way will not verify')
    .option('--confirm <domain>', 'the domain again, instead of being asked')
    .action(async (domain, selector, options) =>
      (await import('./dkim-change.ts')).retireKey(domain, selector, options),
    )
  withOutput(
    dkim
      .command('verify <file>')
      .description('the signatures of a message (- reads it); 3 where none holds'),
    'dkim verify message.eml',
  ).action(async (file, options) => (await import('./dkim-verify.ts')).verifyFile(file, options))
}

import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** Which relay is meant: `route add` and `route remove` name it alike. */
function withPattern(command: Command): Command {
  return command
    .option('--sender <sender>', "only mail of this sender's address or domain", '*')
    .option('--after <n>', 'only after so many attempts have failed', '0')
}

/** `posthouse route …` and `posthouse probe`. */
export function addRouteCommands(program: Command): void {
  const route = program.command('route').description('relays, and the way that mail would take')
  withPattern(
    withChange(
      route
        .command('add <pattern>')
        .description('send mail of a domain, of .all-below-one, or of * through a relay'),
      'route add example.net --via relay.example.net:587 --auth-file relay.txt',
    ),
  )
    .requiredOption('--via <host:port>', 'the relay; [address]:port for IPv6')
    .option('--tls <how>', 'none, opportunistic, required, verified or implicit')
    .option('--auth-file <file>', 'sign in: the user in the first line, the password in the second')
    .option('--auth-unverified', 'tell the password to a host that has not proved who it is')
    .action(async (pattern, options) => (await import('./route.ts')).addRoute(pattern, options))
  withOutput(
    route.command('list').alias('ls').description('the relays, as they are looked at'),
    'route list',
  ).action(async (options) => (await import('./route.ts')).listRoutes(options))
  withPattern(
    withChange(
      route.command('remove <pattern>').alias('rm').description('forget a relay'),
      'route remove example.net',
    ),
  ).action(async (pattern, options) => (await import('./route.ts')).removeRoute(pattern, options))
  withOutput(
    route.command('test <address>').description('where mail to an address would go, and why'),
    'route test bob@example.net',
  )
    .option('--from <address>', "the sender's address", '')
    .option('--after <n>', 'as if so many attempts had failed', '0')
    .action(async (address, options) =>
      (await import('./route-test.ts')).testRoute(address, options),
    )
  withOutput(
    program
      .command('probe <recipient>')
      .description("ask a recipient's mail server whether it would take mail; sends none"),
    'probe bob@example.net',
  )
    .option('--from <address>', 'the sender to name (default: the null sender)', '')
    .action(async (recipient, options) => (await import('./probe.ts')).probe(recipient, options))
}

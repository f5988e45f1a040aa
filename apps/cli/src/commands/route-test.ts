import { forecast, ruleOf, type Forecast } from '@posthouse/delivery'
import { createResolver } from '@posthouse/dns'
import { causeOf } from '@posthouse/smtp'
import type { Relay, Resolution, Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { configOf } from '../config-of.ts'
import { exitCodes } from '../exit-codes.ts'
import { kind } from '../output/kind.ts'
import { integer, listOf, object, oneOf, optional, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { withStore } from '../with-store.ts'
import { domainOf, wholeNumber } from './route-options.ts'

/** Where mail to an address would go. */
const routeKind = kind('Route', 'where mail to an address would go, and why', {
  address: string,
  way: oneOf('local', 'hops', 'nowhere', 'unknown'),
  why: string,
  relay: optional(orNull(string)),
  hops: optional(
    listOf(
      object({
        host: string,
        address: string,
        port: integer,
        protection: string,
        source: orNull(string),
        dnssec: oneOf('yes', 'no'),
      }),
    ),
  ),
})

/** What the message is, as far as its way depends on it. */
interface TestOptions extends CommonOptions {
  readonly from: string
  readonly after: string
}

/** `posthouse route test ADDRESS`. */
export async function testRoute(address: string, options: TestOptions): Promise<void> {
  const terminal = terminalOf(options)
  const domain = domainOf(address)
  const failures = wholeNumber('--after', options.after, 1_000)
  await withStore(options, async (store) => {
    const home = homeWords(address, await store.resolve(address))
    if (home !== undefined) {
      const fields = { address, way: 'local', why: home } as const
      terminal.object(routeKind, { id: address, fields })
      return terminal.talk(home)
    }
    const config = configOf(options)
    const resolver = createResolver(config.dns)
    const context = { config, store, resolver, log: silentLog }
    const found = await forecast({ sender: options.from, domain, failures }, context)
    const later = await laterRelays(store, found, failures)
    tell(terminal, { address, domain, found, later })
    if (found.route.kind === 'nowhere') process.exitCode = exitCodes.checkFailed
    if (found.route.kind === 'unknown') process.exitCode = exitCodes.pending
  })
}

/** What an address of ours leads to; undefined where its mail leaves the house. */
function homeWords(address: string, resolution: Resolution): string | undefined {
  switch (resolution.kind) {
    case 'local':
      return `${address} is an account here: its mail is delivered in the house.`
    case 'alias':
      return `${address} is an alias here: posthouse alias list`
    case 'unknown':
      return `${address} is of a domain that is hosted here, and nobody has it.`
    case 'disabled':
      return `${address} is disabled.`
    case 'loop':
      return `${address} is an alias that leads back to itself.`
    case 'returned':
      return `${address} is a sender that was rewritten here; its mail goes back to ${resolution.address}.`
    case 'foreign':
      return undefined
  }
}

interface Told {
  readonly address: string
  readonly domain: string
  readonly found: Forecast
  readonly later: readonly Relay[]
}

function tell(terminal: Terminal, { address, domain, found, later }: Told): void {
  const why = whyOf(domain, found)
  if (!terminal.isTalking) {
    const relay = found.relay?.rule ?? null
    const fields = { address, way: found.route.kind, why, relay, hops: found.hops.map(hopRow) }
    return terminal.object(routeKind, { id: address, fields })
  }
  terminal.talk(why)
  const rows = found.hops.map((hop, i) => ({ n: i + 1, ...hopRow(hop) }))
  terminal.table(rows, ['n', 'host', 'address', 'port', 'protection', 'source', 'dnssec'])
  for (const relay of later) {
    terminal.talk(
      `After ${relay.afterFailures} failures ${relay.host} takes over (${ruleOf(relay)}).`,
    )
  }
  if (found.route.kind === 'hops') terminal.next(`posthouse probe ${address}`)
}

function whyOf(domain: string, { relay, route }: Forecast): string {
  if (route.kind !== 'hops') {
    const { say } = causeOf(route.reply)
    const wait = route.kind === 'unknown' ? 'Mail waits' : 'Mail comes back'
    return `${wait}: ${say} (${route.reply.text})`
  }
  if (relay !== undefined) return `Through the relay ${relay.host}, by the rule "${relay.rule}".`
  const [only] = route.mx
  if (route.mx.length === 1 && only === domain)
    return `To ${domain} itself, or its only MX of that name.`
  return `To the hosts that ${domain} names: ${route.mx.join(', ')}.`
}

function hopRow({ host, address, port, protection, source, isSecure }: Forecast['hops'][number]) {
  const dnssec = isSecure ? ('yes' as const) : ('no' as const)
  return { host, address, port, protection, source, dnssec }
}

/** Relays that would take over when it fails. */
async function laterRelays(
  store: Store,
  { relay }: Forecast,
  failures: number,
): Promise<readonly Relay[]> {
  const all = await store.relays.list()
  return all.filter(({ id, afterFailures }) => afterFailures > failures && id !== relay?.id)
}

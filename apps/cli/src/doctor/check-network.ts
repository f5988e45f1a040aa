import { isSpecialAddress } from '@posthouse/delivery'
import type { Resolver } from '@posthouse/dns'
import type { Relay, Store } from '@posthouse/store'
import { closedPortHint, reaches, tryPort25 } from '../outbound-port.ts'
import { ok, type Check, type Finding } from './finding.ts'

/** Other servers can be reached at all, and are seen as who they are. */
export const checkNetwork: Check = {
  area: 'network',
  isOutside: true,
  async run({ store, resolver }) {
    const relay = (await store?.relays.list())?.find(takesAll)
    const clients = store === undefined ? [] : [await clientFinding(store)]
    if (relay === undefined) return [await outboundFinding(resolver), ...clients]
    const text = `All mail leaves through ${relay.host}`
    return [ok('network.outbound-25', text), await relayFinding(relay), ...clients]
  },
}

async function outboundFinding(resolver: Resolver): Promise<Finding> {
  const id = 'network.outbound-25'
  const { kind, text } = await tryPort25(resolver)
  if (kind === 'reached') return ok(id, text)
  if (kind === 'unnamed') return { id, state: 'skipped', text }
  const why = 'No mail leaves. Hosting companies close it against spam until they are asked.'
  return { id, state: 'fail', text, why, next: closedPortHint }
}

/** No mail goes straight to the hosts of its domain. */
function takesAll({ recipient, sender, afterFailures }: Relay): boolean {
  return recipient === '*' && sender === '*' && afterFailures === 0
}

async function relayFinding({ host, port }: Relay): Promise<Finding> {
  const id = `network.relay:${host}`
  const isReached = await reaches(host, port).then(
    () => true,
    () => false,
  )
  if (isReached) return ok(id, `${host} answers on port ${port}`)
  const text = `${host} cannot be reached on port ${port}`
  return { id, state: 'fail', text, why: 'All mail waits for it.', next: 'posthouse route list' }
}

/** Messages from which on one and the same client is strange. */
const enoughMessages = 10
const dayMs = 24 * 60 * 60 * 1000

/** Who brings mail: behind a container's gateway, or a proxy that does not tell, everybody looks alike. */
async function clientFinding(store: Store): Promise<Finding> {
  const id = 'network.clients'
  const since = new Date(Date.now() - dayMs)
  const steps = await store.trace.find({ subject: { by: 'mail' }, since, limit: 2_000 })
  const clients = steps.flatMap(({ details: { door, client } }) =>
    door === 'mx' && typeof client === 'string' && !isOwn(client) ? client : [],
  )
  const different = new Set(clients)
  const [one = ''] = different
  if (clients.length < enoughMessages) {
    const text = `Messages from other machines in the last day: ${clients.length}, too few to tell whether clients are seen as who they are`
    return { id, state: 'skipped', text }
  }
  if (different.size > 1 || !isSpecialAddress(one))
    return ok(id, `Clients are seen by their own addresses (${different.size} in the last day)`)
  return {
    id,
    state: 'warn',
    text: `All ${clients.length} messages of the last day came from ${one}`,
    why: 'If that is a proxy or the gateway of a container, SPF, blocklists and limits all judge it instead of the sender.',
    next: 'set proxy.networks to it where it speaks the PROXY protocol, or publish the ports on the host itself',
  }
}

/** This machine's own tests and reports. */
function isOwn(address: string): boolean {
  return address === '' || address === '::1' || address.startsWith('127.')
}

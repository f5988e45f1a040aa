import type { ForecastHop } from '@posthouse/delivery'
import { checkServices } from '../doctor/check-services.ts'
import { LiveZone } from '../dns/live-state.ts'
import { wantedRecords } from '../dns/wanted-records.ts'
import { recordWords } from '../dns/zone-text.ts'
import { probeHost } from '../smtp-probe.ts'
import { domainOf } from './domain-of.ts'
import { patientOf } from './patient-of.ts'
import { relayWay } from './relay-way.ts'
import { mostHops, well, type Case, type Step } from './stage.ts'

/** Network: DNS, the way there, port 25; for mail that comes in: the way here. */
export async function* network(it: Case): AsyncGenerator<Step> {
  if (it.to.kind === 'foreign') {
    const way = await it.way()
    if (way.relay !== undefined) {
      yield* relayWay(it.recipient, way.relay, way)
      return
    }
  }
  const { resolver, config } = it
  const domain = domainOf(it.to.kind === 'foreign' ? it.recipient : it.sender)
  const answer = await resolver.mx(domain)
  if (answer.kind === 'temporary') {
    const text = `DNS does not answer for ${domain}: ${answer.because}`
    yield { state: 'found', text, next: 'posthouse doctor --only resolver' }
    return
  }
  yield well(`DNS answers (${config.dns.servers.join(', ') || 'the system’s servers'})`)
  if (it.to.kind === 'foreign') yield* outwards(it, domain, (await it.way()).hops)
  else if (it.from === undefined) yield* inwards(it)
}

async function* outwards(
  { config, recipient, sender }: Case,
  domain: string,
  hops: readonly ForecastHop[],
): AsyncGenerator<Step> {
  // What is wrong with the domain itself is told with the address.
  if (hops.length === 0) return
  const failures: string[] = []
  for (const { host, address, port } of hops.slice(0, mostHops)) {
    let isReached = false
    await probeHost({
      host,
      address,
      port,
      helo: config.hostname,
      from: sender,
      to: recipient,
      hear: ({ step, isGood, text }) => {
        if (step === 'greeting') isReached = true
        else if (!isGood && !isReached) failures.push(`${host} [${address}]: ${text}`)
      },
    })
    if (!isReached) continue
    yield well(`${host} [${address}] answers on port ${port}`)
    return
  }
  yield {
    state: 'found',
    text: `No mail host of ${domain} can be reached: ${failures.join('; ')}`,
    why: 'Either their server is down, or your hosting company closes port 25.',
    next: 'posthouse doctor --only network',
  }
}

/** Whether the world finds us: our listeners, our MX and address. */
async function* inwards(it: Case): AsyncGenerator<Step> {
  const { config, resolver, addresses, recipient } = it
  const findings = await checkServices.run(patientOf(it))
  const dead = findings.find(
    ({ id, state }) => id.startsWith('services.port:mx') && state === 'fail',
  )
  if (dead !== undefined) {
    yield { state: 'found', text: dead.text, next: 'posthouse status' }
    return
  }
  yield well('the MX answers here')
  const domain = domainOf(recipient)
  const hostname = config.hostname.toLowerCase()
  const wanted = wantedRecords({ domain, hostname, addresses, keys: [], clients: config.clients })
  const zone = new LiveZone(resolver, hostname, addresses)
  for (const record of wanted.filter(({ purpose }) => purpose === 'mx' || purpose === 'address')) {
    const live = await zone.stateOf(record)
    const text = recordWords(record, live)
    if (live.state === 'found') yield well(text)
    else {
      const why = 'Other servers find us by it.'
      yield { state: 'found', text, why, next: `posthouse dns records ${domain}` }
      return
    }
  }
}

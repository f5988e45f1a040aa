import { LiveZone } from '../dns/live-state.ts'
import { wantedRecords } from '../dns/wanted-records.ts'
import { recordWords } from '../dns/zone-text.ts'
import { ok, type Area, type Check, type Finding, type Patient } from './finding.ts'

/** DNS answers us at all, and whether it validates. */
export const checkResolver: Check = {
  area: 'resolver',
  isOutside: true,
  async run({ resolver, config }) {
    const answer = await resolver.a(config.hostname)
    if (answer.kind === 'temporary') {
      const text = `DNS does not answer: ${answer.because}`
      const why = 'No mail leaves, and none can be checked, without it.'
      return [
        {
          id: 'resolver.answers',
          state: 'fail',
          text,
          why,
          next: 'see /etc/resolv.conf, or dns.servers',
        },
      ]
    }
    const { state, text } = resolver.dnssec()
    const why =
      'Without it DANE is off: the way to servers that publish keys in DNS is protected less.'
    const dnssec: Finding =
      state === 'validating'
        ? ok('resolver.dnssec', `DNSSEC is validated: ${text}`)
        : {
            id: 'resolver.dnssec',
            state: 'warn',
            text: `DNSSEC is not validated: ${text}`,
            why,
            next: 'install unbound, and name it in dns.servers',
          }
    return [ok('resolver.answers', 'DNS answers'), dnssec]
  },
}

/** Our name and address fit together, forwards and backwards. */
export const checkIdentity: Check = {
  area: 'identity',
  isOutside: true,
  run: (patient) => {
    const why = 'Many servers refuse mail from, or put into Junk, what has no name of its own.'
    if (!patient.config.hostname.includes('.')) {
      const text = `The server calls itself "${patient.config.hostname}", which is no name in DNS`
      const next = 'set hostname in posthouse.toml'
      return Promise.resolve([{ id: 'identity.hostname', state: 'fail', text, why, next }])
    }
    if (patient.addresses.length === 0) {
      const text = 'No public address of this server is known'
      const unknown = 'Without it nobody finds this server, and its names cannot be looked at.'
      const next = 'posthouse doctor --address ADDRESS, or: posthouse dns records DOMAIN'
      return Promise.resolve([{ id: 'identity.address', state: 'fail', text, why: unknown, next }])
    }
    return zoneFindings(patient, patient.domains[0] ?? patient.config.hostname, 'identity')
  },
}

/** What each domain must publish. */
export const checkDns: Check = {
  area: 'dns',
  isOutside: true,
  needsStore: true,
  async run(patient) {
    const all = await Promise.all(
      patient.domains.map((domain) => zoneFindings(patient, domain, 'dns')),
    )
    return all.flat()
  },
}

const identityPurposes: ReadonlySet<string> = new Set(['address', 'reverse', 'helo'])

async function zoneFindings(
  { config, store, resolver, addresses, onlyIds }: Patient,
  domain: string,
  area: Area,
): Promise<readonly Finding[]> {
  const hostname = config.hostname.toLowerCase()
  const keys = (await store?.dkimKeys.list(domain)) ?? []
  const sts = await store?.stsServings.of(domain)
  const wanted = wantedRecords({ domain, hostname, addresses, keys, clients: config.clients, sts })
  const zone = new LiveZone(resolver, hostname, addresses)
  const isWanted = (id: string): boolean => onlyIds?.has(id) ?? true
  const asked = wanted.filter(({ purpose, name }) => isWanted(`${area}.${purpose}:${name}`))
  const here = asked.filter(
    ({ purpose, level }) =>
      level !== 'nice' && identityPurposes.has(purpose) === (area === 'identity'),
  )
  const states = await Promise.all(here.map((record) => zone.stateOf(record)))
  const reserved = `dns.reserved:${domain}`
  const isNowhere = isWanted(reserved) && states.every(({ state }) => state === 'missing')
  if (area === 'dns' && isReserved(domain) && isNowhere) {
    const text = `${domain} is a name for tests (RFC 2606): the world’s DNS will never have it`
    return [{ id: reserved, state: 'skipped', text }]
  }
  return here.map((record, i): Finding => {
    const live = states[i] ?? { state: 'unknown', found: [] }
    const id = `${area}.${record.purpose}:${record.name}`
    const text = recordWords(record, live)
    if (live.state === 'found') return ok(id, text)
    if (live.state === 'unknown') return { id, state: 'skipped', text }
    const isSevere = record.level === 'must' && record.key?.state !== 'waiting'
    const wantedText = live.value ?? record.value
    const next =
      record.purpose === 'reverse'
        ? `ask your hosting company to set the reverse DNS of ${record.name} to ${hostname}`
        : `posthouse dns records ${domain} (wanted: ${wantedText.slice(0, 100)})`
    return { id, state: isSevere ? 'fail' : 'warn', text, why: record.why, next }
  })
}

/** Under a top-level domain that is for tests and examples (RFC 2606 §2). */
function isReserved(domain: string): boolean {
  return /\.(test|example|invalid|localhost)$/.test(domain)
}

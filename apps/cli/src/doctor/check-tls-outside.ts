import { connect } from 'node:net'
import type { CertificateItem } from '../commands/certificate-item.ts'
import { ok, type Finding, type Patient } from './finding.ts'

const knockMs = 5_000

/** Whether the authority finds an open door where it is going to knock. */
export async function checkKnock({ config, resolver }: Patient): Promise<readonly Finding[]> {
  const { acme, hostname } = config
  if (acme === undefined || acme.challenge === 'dns-01') return []
  const id = 'tls.challenge'
  const port = acme.challenge === 'http-01' ? acme.httpPort : acme.tlsPort
  const answers = await Promise.all([resolver.a(hostname), resolver.aaaa(hostname)])
  const addresses = answers.flatMap((each) => (each.kind === 'records' ? each.records : []))
  if (addresses.length === 0)
    return [{ id, state: 'skipped', text: `${hostname} has no address in DNS` }]
  const closed = (
    await Promise.all(addresses.map(async (host) => ((await isOpen(host, port)) ? [] : [host])))
  ).flat()
  if (closed.length === 0)
    return [ok(id, `Port ${port} of ${hostname} is open (${acme.challenge})`)]
  return [
    {
      id,
      state: 'warn',
      text: `Port ${port} of ${hostname} (${closed.join(', ')}) does not answer from here`,
      why: `The authority asks there by ${acme.challenge}; without an answer no certificate is renewed.`,
      next: `see that the web app runs (posthouse status), and that port ${port} of the router and the firewall leads to port ${acme.challenge === 'http-01' ? config.ports.http : config.ports.https} here`,
    },
  ]
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (answer: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end(false), knockMs)
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

/** Whether what DNS says of our key is so (RFC 7672 §3.1.1): a wrong record keeps mail away. */
export async function checkDane(
  { config, resolver }: Patient,
  { pin, nextPin, nextReady }: CertificateItem['fields'],
): Promise<readonly Finding[]> {
  const id = 'tls.dane'
  const answer = await resolver.tlsa(`_25._tcp.${config.hostname}`)
  if (answer.kind !== 'records') return []
  const named = answer.records.flatMap(({ usage, selector, matchingType, data }) =>
    usage === 3 && selector === 1 && matchingType === 1 ? [data.toString('hex')] : [],
  )
  // Of the other kinds we make none; whoever published them knows what they say.
  if (named.length === 0) return []
  if (!named.includes(pin)) {
    return [
      {
        id,
        state: 'fail',
        text: `The TLSA records of _25._tcp.${config.hostname} do not name the key in use`,
        why: 'Servers that look at them (DANE) do not bring any mail.',
        next: 'posthouse tls pin',
      },
    ]
  }
  if (nextPin !== null && nextReady === null && !named.includes(nextPin)) {
    return [
      {
        id,
        state: 'warn',
        text: 'The TLSA record of the next key is not in DNS yet',
        why: 'The key is changed with a renewal once it was there for two TTLs, and not before.',
        next: 'posthouse tls pin',
      },
    ]
  }
  return [ok(id, 'The TLSA records name the key in use')]
}

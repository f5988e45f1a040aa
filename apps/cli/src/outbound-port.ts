import net from 'node:net'
import type { Resolver } from '@posthouse/dns'

/** Hosts that everybody's mail goes to. */
const hosts = ['gmail-smtp-in.l.google.com', 'mx1.mail.icloud.com', 'mx-eu.mail.am0.yahoodns.net']
const connectMs = 5_000

/** What came of trying. `unnamed`: no address was to be had, so nothing is known of the port. */
export interface PortTrial {
  readonly kind: 'reached' | 'closed' | 'unnamed'
  /** What was seen, in a sentence. */
  readonly text: string
}

/** What helps where the port is closed. */
export const closedPortHint =
  'ask your hosting company to open outbound port 25, or: posthouse route add "*" --via RELAY:587'

/** Whether mail can leave: many hosting companies close port 25 until they are asked. */
export async function tryPort25(resolver: Resolver): Promise<PortTrial> {
  const answers = await Promise.all(hosts.map((host) => resolver.a(host)))
  const tried = answers.flatMap((answer, i) => {
    const [address] = answer.kind === 'records' ? answer.records : []
    return address === undefined ? [] : [{ host: hosts[i] ?? '', address }]
  })
  if (tried.length === 0) {
    const [because] = answers.flatMap((one) => (one.kind === 'temporary' ? one.because : []))
    const text = `The names of other servers cannot be looked up: ${because ?? 'DNS knows none'}`
    return { kind: 'unnamed', text }
  }
  const failures: string[] = []
  const attempts = tried.map(({ host, address }) =>
    reaches(address, 25).then(
      () => `${host} [${address}]`,
      (error: unknown) => {
        failures.push(`${host} [${address}]: ${error instanceof Error ? error.message : 'no'}`)
        throw error
      },
    ),
  )
  try {
    const text = `Port 25 of other servers can be reached (${await Promise.any(attempts)})`
    return { kind: 'reached', text }
  } catch {
    const text = `Port 25 of other servers cannot be reached: ${failures.join('; ')}`
    return { kind: 'closed', text }
  }
}

/** Resolves with the host's name once it takes a connection. */
export function reaches(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port })
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), connectMs)
    socket.once('connect', () => {
      resolve(host)
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
  })
}

import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { testAuthority } from '@posthouse/testkit'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'

/** Pebble, the ACME authority that Let's Encrypt tests clients with. */
export interface Pebble {
  readonly directory: string
  /** PEM file of the authority that the directory's own certificate is from. */
  readonly caFile: string
  /** The ports that it asks at. */
  readonly httpPort: number
  readonly tlsPort: number
  /** Directory, management, HTTP, TLS. */
  readonly ports: readonly number[]
  /** PEM of the root that its certificates are from. Another one after each start. */
  root(): Promise<string>
  log(): Promise<string>
  /** It stands still: connections are taken, and nobody answers. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** How it is to behave. */
export interface PebbleOptions {
  /** Where it asks for names: `127.0.0.1:PORT`. */
  readonly dns: string
  /** Percent of good nonces that it refuses. */
  readonly refusedNonces?: number
  /** The ports of an earlier one, which this one takes the place of: it knows nothing of what that one knew. */
  readonly instead?: Pebble
}

/** Starts it on loopback. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pebble-'))
  const [port = 0, management = 0, httpPort = 0, tlsPort = 0] =
    options.instead?.ports ?? (await freePorts(4))
  const authority = testAuthority()
  const { ca } = authority
  const { cert, key } = authority.issue(['localhost', '127.0.0.1'])
  const file = (name: string): string => path.join(folder, name)
  await Promise.all([
    writeFile(file('ca.pem'), ca),
    writeFile(file('cert.pem'), cert),
    writeFile(file('key.pem'), key),
    writeFile(
      file('config.json'),
      JSON.stringify({
        pebble: {
          listenAddress: `127.0.0.1:${port}`,
          managementListenAddress: `127.0.0.1:${management}`,
          certificate: file('cert.pem'),
          privateKey: file('key.pem'),
          httpPort,
          tlsPort,
          ocspResponderURL: '',
          externalAccountBindingRequired: false,
        },
      }),
    ),
  ])
  const settings = [
    'PEBBLE_VA_NOSLEEP=1',
    `PEBBLE_WFE_NONCEREJECT=${options.refusedNonces ?? 20}`,
    // Each order proves its names anew.
    'PEBBLE_AUTHZREUSE=0',
  ]
  const isUp = async (): Promise<boolean> =>
    (await readFile(file('output'), 'utf8')).includes('ACME directory available at')
  const args = [...settings, 'pebble', '-config', file('config.json'), '-dnsserver', options.dns]
  const daemon = await startDaemon('env', args, folder, isUp)
  return {
    directory: `https://localhost:${port}/dir`,
    caFile: file('ca.pem'),
    httpPort,
    tlsPort,
    ports: [port, management, httpPort, tlsPort],
    root: () => fetched(`https://localhost:${management}/roots/0`, ca),
    log: () => daemon.log(),
    pause: () => daemon.pause(),
    resume: () => daemon.resume(),
    stop: () => daemon.stop(),
  }
}

function fetched(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { ca, agent: false }, (message) => {
      let text = ''
      message.on('data', (piece: Buffer) => (text += piece.toString()))
      message.on('end', () => resolve(text))
    })
    asked.on('error', reject)
  })
}

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { getCACertificates } from 'node:tls'
import type { SessionProtocol } from '@posthouse/app'
import type { Config } from '@posthouse/config'
import { readStatus } from '../up/state-file.ts'

/** Where a mail program of this machine would connect, and whom it would believe. */
export interface Place {
  readonly host: string
  readonly port: number
  /** The name that mail programs are told, which the certificate must be for. */
  readonly name: string
  readonly authorities: readonly string[]
}

const ports = { imap: 'imaps', pop3: 'pop3s', submission: 'submissions' } as const

/** The listener of a protocol with TLS from the first octet: of the suite that runs, else as it is configured. */
export async function placeOf(protocol: SessionProtocol, config: Config): Promise<Place> {
  const name = ports[protocol]
  const status = await readStatus(config.dataDir)
  const open = status?.apps.flatMap(({ listeners }) => listeners).find((one) => one.name === name)
  const host = open?.host ?? config.bind[0] ?? '127.0.0.1'
  return {
    host: reachable(host),
    port: open?.port ?? config.ports[name],
    name: config.clients.publicHost,
    authorities: authoritiesOf(config),
  }
}

/** All addresses are reached by this machine's own. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

/** Those that everybody knows, this system's, and the one that was made here. */
function authoritiesOf({ tls, dataDir }: Config): readonly string[] {
  const known = [...getCACertificates('default'), ...getCACertificates('system')]
  const own = path.join(dataDir, 'ca.pem')
  return tls === 'local-ca' && existsSync(own) ? [...known, readFileSync(own, 'utf8')] : known
}

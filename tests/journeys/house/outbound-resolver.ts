import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startDaemon, type Daemon } from './daemon.ts'

/** Where the resolver's knowledge comes from. */
export interface Source {
  /** `address@port` of the server of the root and of all zones. */
  readonly authority: string
  /** The DS record of the root. */
  readonly anchor: string
  readonly zones: readonly string[]
}

/** Starts an Unbound that validates, on port 53 of an address. */
export async function startResolver(
  address: string,
  { authority, anchor, zones }: Source,
): Promise<Daemon> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'resolver-'))
  const stubs = ['', ...zones].map(
    (name) => `stub-zone:\n  name: "${name}."\n  stub-addr: ${authority}`,
  )
  const conf = path.join(folder, 'unbound.conf')
  await writeFile(conf, `${unboundServer(folder, address, anchor)}${stubs.join('\n')}\n`)
  const isUp = async (): Promise<boolean> => {
    const text = await readFile(path.join(folder, 'output'), 'utf8')
    return text.includes('start of service')
  }
  try {
    return await startDaemon('unbound', ['-d', '-d', '-c', conf], folder, isUp)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function unboundServer(folder: string, address: string, anchor: string): string {
  return `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 1
  num-threads: 1
  interface: ${address}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  module-config: "validator iterator"
  trust-anchor: "${anchor}"
  cache-max-ttl: 1
  cache-max-negative-ttl: 1
  val-bogus-ttl: 1
  infra-host-ttl: 1
  local-zone: "test." nodefault
remote-control:
  control-enable: no
`
}

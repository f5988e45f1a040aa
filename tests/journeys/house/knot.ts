import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'

/** Knot DNS with zones of a test's own, which take signed updates. */
export interface Knot {
  /** `127.0.0.1:PORT`, UDP and TCP. */
  readonly server: string
  /** The key that updates are signed with: `algorithm:name:secret`. */
  readonly key: string
  stop(): Promise<void>
}

/**
 * Starts it on loopback.
 * @param zones names, with the lines of their zones if they hold more than a SOA and a server
 */
export async function startKnot(
  zones: readonly string[] | Readonly<Record<string, string>>,
): Promise<Knot> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'knot-'))
  const [port = 0] = await freePorts(1)
  const records: Readonly<Record<string, string>> = Array.isArray(zones)
    ? Object.fromEntries(zones.map((name: string) => [name, '']))
    : (zones as Readonly<Record<string, string>>)
  await mkdir(path.join(folder, 'zones'))
  for (const [name, lines] of Object.entries(records)) {
    const head = `$TTL 60\n${name}. SOA ns.${name}. hostmaster.${name}. 1 3600 600 86400 5\n${name}. NS ns.${name}.\nns.${name}. A 127.0.0.1\n`
    await writeFile(path.join(folder, 'zones', `${name}.zone`), head + lines)
  }
  const secret = Buffer.alloc(32, 7).toString('base64')
  const list = Object.keys(records).map(
    (name) => `  - domain: "${name}."\n    file: "${name}.zone"\n    acl: update`,
  )
  const conf = path.join(folder, 'knot.conf')
  await writeFile(
    conf,
    `server:
    rundir: "${folder}"
    listen: 127.0.0.1@${port}
key:
  - id: posthouse
    algorithm: hmac-sha256
    secret: ${secret}
acl:
  - id: update
    key: posthouse
    action: update
database:
    storage: "${folder}"
control:
    listen: "${folder}/knot.sock"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "${folder}/zones"
zone:
${list.join('\n')}
`,
  )
  const isLoaded = async (): Promise<boolean> => {
    const text = await readFile(path.join(folder, 'output'), 'utf8')
    return Object.keys(records).every((name) => text.includes(`[${name}.] loaded`))
  }
  const daemon = await startDaemon('knotd', ['-c', conf], folder, isLoaded)
  return {
    server: `127.0.0.1:${port}`,
    key: `hmac-sha256:posthouse:${secret}`,
    stop: () => daemon.stop(),
  }
}

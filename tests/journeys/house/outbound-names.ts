import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startDaemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'
import { startResolver } from './outbound-resolver.ts'
import { absent, findProgram, runProgram } from './run-program.ts'

/** A zone of the private world. */
export interface SignedZone {
  /** Without a final dot. */
  readonly name: string
  /** `signed`: a chain of trust from the root. `unsigned`: the root says that there is none. `bogus`: signed with another key than the root says. */
  readonly trust: 'signed' | 'unsigned' | 'bogus'
  /** Lines of a zone file; owners without a final dot are below the zone's name. */
  readonly records: string
}

/** A whole DNS of a test's own: a signed root and its zones (Knot), and a resolver that validates (Unbound). */
export interface SignedNames {
  /** The resolver's, on port 53, as a system's resolver has it. */
  readonly address: string
  /** Puts a record into a zone, signed if the zone is; what was known before is forgotten within a second. */
  add(zone: string, owner: string, type: string, data: string): Promise<void>
  /** Takes all records of an owner and type away. */
  remove(zone: string, owner: string, type: string): Promise<void>
  stop(): Promise<void>
}

/** False if such a world can be made here, else why not. */
export function noSignedNames(): string | false {
  if (process.getuid?.() !== 0) return 'port 53 is root’s'
  return absent('knotd', 'knot') || absent('unbound')
}

/** Starts both on loopback addresses. */
export async function startSignedNames(
  addresses: { readonly resolver: string; readonly authority: string },
  zones: readonly SignedZone[],
): Promise<SignedNames> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'names-'))
  const [port = 0] = await freePorts(1)
  const authority = `${addresses.authority}@${port}`
  const anchor = await layOut(folder, authority, zones)
  const knot = await startDaemon('knotd', ['-c', path.join(folder, 'knot.conf')], folder, () =>
    isAnswered(folder, '.'),
  )
  const names = zones.map(({ name }) => name)
  const resolver = await startResolver(addresses.resolver, {
    authority,
    anchor,
    zones: names,
  }).catch(async (error: unknown) => {
    await knot.stop()
    throw error
  })
  const change = async (zone: string, ...command: readonly string[]): Promise<void> => {
    for (const words of [['zone-begin', zone], command, ['zone-commit', zone]])
      await control(folder, words)
  }
  return {
    address: addresses.resolver,
    add: (zone, owner, type, data) => change(zone, 'zone-set', zone, owner, '1', type, data),
    remove: (zone, owner, type) => change(zone, 'zone-unset', zone, owner, type),
    async stop() {
      await resolver.stop()
      await knot.stop()
    },
  }
}

/** Writes Knot's files; @returns the DS record of the root, for whoever validates */
async function layOut(
  folder: string,
  authority: string,
  zones: readonly SignedZone[],
): Promise<string> {
  for (const name of ['zones', 'keys', 'run']) await mkdir(path.join(folder, name))
  const conf = path.join(folder, 'knot.conf')
  await writeFile(conf, knotConf(folder, authority, zones))
  const delegations: string[] = []
  for (const { name, trust, records } of zones) {
    await writeZone(folder, name, records)
    delegations.push(`${name}. NS ns.${name}.`, `ns.${name}. A 127.0.0.1`)
    if (trust === 'unsigned') continue
    const ds = await makeKey(conf, `${name}.`)
    delegations.push(`${name}. DS ${trust === 'bogus' ? wrong(ds) : ds}`)
  }
  await writeZone(folder, '', delegations.join('\n'))
  return `. DS ${await makeKey(conf, '.')}`
}

async function writeZone(folder: string, name: string, records: string): Promise<void> {
  const origin = name === '' ? '.' : `${name}.`
  const ns = name === '' ? 'ns.' : `ns.${name}.`
  const text = `$ORIGIN ${origin}
$TTL 1
@ SOA ${ns} hostmaster.test. 1 3600 600 86400 1
@ NS ${ns}
${ns} A 127.0.0.1
${records}
`
  await writeFile(path.join(folder, 'zones', `${name === '' ? 'root' : name}.zone`), text)
}

function knotConf(folder: string, authority: string, zones: readonly SignedZone[]): string {
  const all = [{ name: '', trust: 'signed' } as const, ...zones]
  const lines = all.flatMap(({ name, trust }) => [
    `  - domain: "${name}."`,
    `    file: "${name === '' ? 'root' : name}.zone"`,
    ...(trust === 'unsigned' ? [] : ['    dnssec-signing: on', '    dnssec-policy: one-key']),
  ])
  return `server:
    rundir: "${folder}/run"
    listen: ${authority}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "${folder}/keys"
control:
    listen: "${folder}/run/knot.sock"
policy:
  - id: one-key
    algorithm: ecdsap256sha256
    single-type-signing: on
    ksk-lifetime: 0
    zsk-lifetime: 0
template:
  - id: default
    storage: "${folder}/zones"
    zonefile-sync: -1
zone:
${lines.join('\n')}
`
}

/** @returns what the parent publishes of the new key: tag, algorithm, digest type (SHA-256) and digest */
async function makeKey(conf: string, zone: string): Promise<string> {
  const keymgr = ['-c', conf, zone]
  const kind = ['algorithm=ecdsap256sha256', 'ksk=yes', 'zsk=yes']
  const { stdout: made, stderr } = await runProgram('keymgr', [...keymgr, 'generate', ...kind])
  const id = made.trim().split('\n').at(-1) ?? ''
  const { stdout } = await runProgram('keymgr', [...keymgr, 'ds', id])
  const ds = /DS (\d+ \d+ 2 [0-9a-f]+)$/im.exec(stdout)?.[1]
  if (ds === undefined) throw new Error(`keymgr ${zone}: ${made}${stderr}${stdout}`)
  return ds
}

/** The digest of another key. */
function wrong(ds: string): string {
  const last = ds.endsWith('0') ? '1' : '0'
  return `${ds.slice(0, -1)}${last}`
}

async function isAnswered(folder: string, zone: string): Promise<boolean> {
  const { code } = await knotc(folder, ['zone-read', zone, zone, 'SOA'])
  return code === 0
}

async function control(folder: string, words: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await knotc(folder, words)
  if (code !== 0) throw new Error(`knotc ${words.join(' ')}: ${stdout}${stderr}`)
}

function knotc(folder: string, words: readonly string[]): ReturnType<typeof runProgram> {
  const args = ['-b', '-s', path.join(folder, 'run/knot.sock'), ...words]
  return runProgram(findProgram('knotc') ?? 'knotc', args, { limitMs: 20_000 })
}

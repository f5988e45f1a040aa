import { statfs } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { networkInterfaces } from 'node:os'
import { portVariable } from '@posthouse/config'
import { environmentVariable } from '@posthouse/config/environment'
import { createResolver } from '@posthouse/dns'
import { closedPortHint, tryPort25 } from '../outbound-port.ts'
import type { SetupAnswers } from './answers.ts'

/** Something that was looked at before anything is changed. */
export interface PreflightFinding {
  /** `fail`: setup would not end well. `warn`: mail will not be well until it is mended. */
  readonly state: 'ok' | 'warn' | 'fail'
  readonly text: string
  readonly hint?: string
}

/** Listeners with their usual port, and the one of who may not use that. */
const listeners = [
  ['mx', 25, 2525],
  ['submissions', 465, 2465],
  ['submission', 587, 2587],
  ['imaps', 993, 2993],
  ['pop3s', 995, 2995],
  ['imap', 143, 2143],
  ['pop3', 110, 2110],
] as const
/** What may be taken: by a web server of the operator's, say. Mail goes on without ours. */
const webListeners = [
  ['http', 80, 2080],
  ['https', 443, 2443],
] as const
const leastFreeBytes = 1024 ** 3
const networkMs = 5_000

/** Looks at the machine and, unless that is to be left, at the network. */
export async function preflight(
  answers: SetupAnswers,
  dataDir: string,
  { isRunning, skipsNetwork }: { readonly isRunning: boolean; readonly skipsNetwork: boolean },
): Promise<readonly PreflightFinding[]> {
  const local = [
    await diskFinding(dataDir),
    ...(isRunning ? [] : await portFindings(answers.ports)),
  ]
  if (skipsNetwork) return local
  return [...local, ...(await Promise.all([nameFinding(answers.hostname), outboundFinding()]))]
}

async function diskFinding(dataDir: string): Promise<PreflightFinding> {
  let folder = dataDir
  for (;;) {
    const found = await statfs(folder).catch(() => undefined)
    if (found === undefined && folder !== path.dirname(folder)) {
      folder = path.dirname(folder)
      continue
    }
    const free = found === undefined ? 0 : found.bavail * found.bsize
    const text = `${(free / 1024 ** 3).toFixed(1)} GiB are free at ${dataDir}`
    return free >= leastFreeBytes
      ? { state: 'ok', text }
      : { state: 'fail', text, hint: 'make room' }
  }
}

async function portFindings(ports: SetupAnswers['ports']): Promise<readonly PreflightFinding[]> {
  const wanted = numbersOf(listeners, ports)
  const web = numbersOf(webListeners, ports)
  const faults = await faultsOf([...wanted, ...web])
  const isTaken = faults.filter(({ fault }) => fault === 'EADDRINUSE').map(({ port }) => port)
  const taken = isTaken.filter((port) => wanted.includes(port))
  const webTaken = isTaken.filter((port) => web.includes(port))
  const forbidden = faults.some(({ fault }) => fault === 'EACCES')
  if (forbidden) {
    const text = `This user may not use the ports ${wanted.join(', ')}`
    return [{ state: 'fail', text, hint: 'run setup as root, or give --ports high' }]
  }
  if (taken.length > 0) {
    const hint = 'another mail server runs here: stop it (ss -ltnp tells which)'
    return [{ state: 'fail', text: `Something listens on ${taken.join(', ')} already`, hint }]
  }
  const free = [...wanted, ...web].filter((port) => !webTaken.includes(port))
  const ok = { state: 'ok', text: `The ports ${free.join(', ')} are free` } as const
  if (webTaken.length === 0) return [ok]
  const text = `Something listens on ${webTaken.join(', ')} already: our web pages stay away`
  const hint =
    'mail programs do not set themselves up; see "A web server of your own" in docs/operating.md'
  return [ok, { state: 'warn', text, hint }]
}

function numbersOf(
  plans: typeof listeners | typeof webListeners,
  ports: SetupAnswers['ports'],
): readonly number[] {
  return plans.map(([name, standard, high]) => {
    // The environment goes before the file that is going to be written.
    const moved = environmentVariable(portVariable(name))
    return moved === undefined ? (ports === 'standard' ? standard : high) : Number(moved)
  })
}

function faultsOf(
  ports: readonly number[],
): Promise<readonly { readonly port: number; readonly fault: string | undefined }[]> {
  return Promise.all(ports.map(async (port) => ({ port, fault: await faultOf(port) })))
}

/** The error's code where a port cannot be listened on. */
function faultOf(port: number): Promise<string | undefined> {
  const server = net.createServer()
  return new Promise((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : 'unknown'))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    )
  })
}

async function nameFinding(hostname: string): Promise<PreflightFinding> {
  const resolver = createResolver({ deadlineMs: networkMs })
  const answers = await Promise.all([resolver.a(hostname), resolver.aaaa(hostname)])
  const found = answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : []))
  const own = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map((one) => one.address),
  )
  const hint = 'posthouse dns records prints what is needed'
  if (answers.every(({ kind }) => kind === 'temporary'))
    return { state: 'warn', text: 'DNS does not answer', hint: 'see /etc/resolv.conf' }
  if (found.length === 0)
    return { state: 'warn', text: `${hostname} has no address in DNS yet`, hint }
  if (found.some((address) => own.includes(address)))
    return { state: 'ok', text: `${hostname} is this machine (${found.join(', ')})` }
  const text = `${hostname} is ${found.join(', ')}, which is no address of this machine`
  return {
    state: 'warn',
    text,
    hint: 'well if a router passes the ports on; otherwise mend the A record',
  }
}

/** Whether mail can leave. */
async function outboundFinding(): Promise<PreflightFinding> {
  const { kind, text } = await tryPort25(createResolver({ deadlineMs: networkMs }))
  if (kind === 'reached') return { state: 'ok', text }
  const hint = kind === 'closed' ? closedPortHint : 'see /etc/resolv.conf'
  return { state: 'warn', text, hint }
}

import { dispensableApps, type OpenPort } from '@posthouse/app'
import { CliError } from '../cli-error.ts'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatTable } from '../output/table.ts'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { boolean, dateTime, integer, listOf, oneOf, orNull, string } from '../output/shape.ts'
import type { Terminal } from '../output/terminal.ts'
import { runningSuite } from '../running-suite.ts'
import { readStatus, type AppStatus, type SuiteStatus } from '../up/state-file.ts'
import { withStore } from '../with-store.ts'
import { daneState } from './dane-state.ts'
import { spanText } from './span-text.ts'

/** What `status` tells. Of each app by its name: `imapState`, `imapListeners` … */
const statusKind = kind('Status', 'what runs, and how it does', {
  healthy: boolean,
  ready: boolean,
  version: string,
  hostname: string,
  pid: integer,
  started: dateTime,
  dataDir: string,
  database: string,
  databaseState: string,
  databaseRestarts: integer,
  accounts: orNull(integer),
  queueWaiting: orNull(integer),
  queueDeferred: orNull(integer),
  queueHeld: orNull(integer),
  queuePaused: orNull(listOf(string)),
  queueOldestSeconds: orNull(integer),
  contained: orNull(listOf(string)),
  forwardsPaused: orNull(listOf(string)),
  virusScanner: orNull(string),
  signingProblem: orNull(string),
  dane: orNull(oneOf('on', 'off')),
  '*State': string,
  '*Pid': orNull(integer),
  '*Restarts': integer,
  '*LastEnd': orNull(string),
  '*Listeners': listOf(string),
})

type StatusFields = FieldsOfKind<typeof statusKind>

/** What the database says; nothing when it is away. */
interface Figures {
  readonly accounts: number
  readonly queueWaiting: number
  readonly queueDeferred: number
  readonly queueHeld: number
  readonly queuePaused: readonly string[]
  readonly queueOldestSeconds: number | undefined
  /** Accounts that are stopped from sending. */
  readonly contained: readonly string[]
  /** What is not passed on for now: `ADDRESS to TARGET`. */
  readonly forwardsPaused: readonly string[]
  /** Where clamd is; empty: viruses are not looked for. */
  readonly virusScanner: string
  /** Why mail waits that cannot be signed. */
  readonly signingProblem: string | undefined
}

/** `posthouse status`. Exit code 3 when something that should run does not, 7 when nothing runs. */
export async function showStatus(options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  const status = (await runningSuite(options)) ?? (await configuredSuite(options))
  const [figures, dane] = await Promise.all([figuresOf(options), daneState(options)])
  terminal.object(statusKind, {
    id: String(status.pid),
    fields: fieldsOf(status, figures, dane),
  })
  if (terminal.isTalking) {
    tell(terminal, status, figures)
    if (dane === 'off')
      terminal.data('DANE: off, the DNS servers do not validate (posthouse doctor)')
  }
  if (!isHealthy(status) || figures === undefined) process.exitCode = exitCodes.checkFailed
}

async function configuredSuite(options: CommonOptions): Promise<SuiteStatus> {
  const { configOf } = await import('../config-of.ts')
  const { dataDir } = configOf(options)
  const status = await readStatus(dataDir)
  if (status !== undefined) return status
  throw new CliError(
    'unreachable',
    'status.not_running',
    `Posthouse is not running on ${dataDir}`,
    'start it with: posthouse up   (or: npm start)',
  )
}

async function figuresOf(options: CommonOptions): Promise<Figures | undefined> {
  try {
    return await withStore(options, async (store) => {
      const [accounts, queue, pauses, settings, contained, unforwarded] = await Promise.all([
        store.accounts.count(),
        store.queue.status(),
        store.queue.pauses(),
        store.filterSettings.current(),
        store.sending.contained(),
        store.forwards.paused(),
      ])
      return {
        accounts,
        queueWaiting: queue.waiting,
        queueDeferred: queue.deferred,
        queueHeld: queue.held,
        queuePaused: pauses.map(({ destination }) => destination ?? 'everything'),
        queueOldestSeconds: queue.oldestSeconds,
        contained: contained.map(({ address }) => address),
        forwardsPaused: unforwarded.map(({ address, target }) => `${address} to ${target}`),
        virusScanner: settings.get('clamd.address'),
        signingProblem: await store.dkimKeys.problem(),
      }
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') return undefined
    throw error
  }
}

function isHealthy({ apps, database, ready }: SuiteStatus): boolean {
  return (
    ready &&
    database.state === 'running' &&
    apps.every(({ name, state }) => state === 'running' || dispensableApps.has(name))
  )
}

function fieldsOf(
  status: SuiteStatus,
  figures: Figures | undefined,
  dane: 'on' | 'off' | undefined,
): StatusFields {
  return {
    healthy: isHealthy(status) && figures !== undefined,
    ready: status.ready,
    version: status.version,
    hostname: status.hostname,
    pid: status.pid,
    started: status.startedAt,
    dataDir: status.dataDir,
    database: status.database.kind,
    databaseState: status.database.state,
    databaseRestarts: status.database.restarts,
    accounts: figures?.accounts ?? null,
    queueWaiting: figures?.queueWaiting ?? null,
    queueDeferred: figures?.queueDeferred ?? null,
    queueHeld: figures?.queueHeld ?? null,
    queuePaused: figures?.queuePaused ?? null,
    queueOldestSeconds: figures?.queueOldestSeconds ?? null,
    contained: figures?.contained ?? null,
    forwardsPaused: figures?.forwardsPaused ?? null,
    virusScanner: figures?.virusScanner ?? null,
    signingProblem: figures?.signingProblem ?? null,
    dane: dane ?? null,
    ...appFields(status.apps),
  }
}

type AppFields = Pick<
  StatusFields,
  | `${string}State`
  | `${string}Pid`
  | `${string}Restarts`
  | `${string}LastEnd`
  | `${string}Listeners`
>

/** Flat, so that `--fields` reaches them: `imapState`, `imapRestarts`, `imapListeners` … */
function appFields(apps: readonly AppStatus[]): AppFields {
  const fields: { -readonly [K in keyof AppFields]: AppFields[K] } = {}
  for (const { name, state, pid, restarts, lastEnd, listeners } of apps) {
    fields[`${name}State`] = state
    fields[`${name}Pid`] = pid
    fields[`${name}Restarts`] = restarts
    fields[`${name}LastEnd`] = lastEnd
    fields[`${name}Listeners`] = listeners.map(formatListener)
  }
  return fields
}

function formatListener({ name, host, port }: OpenPort): string {
  return `${name} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** `queue: 3 waiting, 1 deferred, 2 held, oldest 4h; paused: example.org`. */
function queueText(figures: Figures): string {
  const { queueWaiting, queueDeferred, queueHeld, queueOldestSeconds, queuePaused } = figures
  const oldest =
    queueOldestSeconds === undefined ? '' : `, oldest ${spanText(queueOldestSeconds * 1000)}`
  const paused = queuePaused.length === 0 ? '' : `; paused: ${queuePaused.join(', ')}`
  const counts = `${queueWaiting} waiting, ${queueDeferred} deferred, ${queueHeld} held`
  return `queue: ${counts}${oldest}${paused}`
}

function tell(terminal: Terminal, status: SuiteStatus, figures: Figures | undefined): void {
  const { database } = status
  const rows = status.apps.map((app) => [
    app.name,
    app.state,
    String(app.pid ?? '-'),
    String(app.restarts),
    app.lastEnd ?? '-',
    app.listeners.map(formatListener).join(', ') || '-',
  ])
  rows.push([
    'postgres',
    figures === undefined ? `${database.state}, does not answer` : database.state,
    String(database.pid ?? '-'),
    String(database.restarts),
    database.lastEnd ?? '-',
    database.kind === 'embedded' ? 'embedded' : 'DATABASE_URL',
  ])
  terminal.data(formatTable(['what', 'state', 'pid', 'restarts', 'last end', 'where'], rows, false))
  terminal.data('')
  terminal.data(`Posthouse ${status.version} as ${status.hostname}, since ${status.startedAt}`)
  terminal.data(`data folder ${status.dataDir}`)
  if (figures === undefined) return terminal.next('posthouse status   (the database is away)')
  terminal.data(`accounts: ${figures.accounts}; ${queueText(figures)}`)
  if (figures.signingProblem !== undefined)
    terminal.data(`mail waits that cannot be signed: ${figures.signingProblem}`)
  if (figures.virusScanner === '')
    terminal.data('virus scanner: none is configured (posthouse filter status)')
  if (figures.forwardsPaused.length > 0) {
    terminal.data(`not passed on, because it is refused: ${figures.forwardsPaused.join(', ')}`)
    terminal.next('posthouse forward show ADDRESS')
  }
  if (figures.contained.length > 0) {
    terminal.data(`stopped from sending: ${figures.contained.join(', ')}`)
    terminal.next('posthouse account sending')
  }
  if (figures.accounts === 0) terminal.next('posthouse account add you@example.test --generate')
}

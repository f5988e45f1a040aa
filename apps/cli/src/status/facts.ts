import { statfs } from 'node:fs/promises'
import { sessionProtocols, type SessionProtocol } from '@posthouse/app'
import type { Store } from '@posthouse/store'
import { askSuite } from '../ask-suite.ts'
import { CliError } from '../cli-error.ts'
import type { CommonOptions } from '../command-options.ts'
import { certificateItems } from '../commands/tls-status.ts'
import { configOf } from '../config-of.ts'
import type { SuiteStatus } from '../up/state-file.ts'

/** What the database says. */
export interface Figures {
  /** How long it took to answer. */
  readonly databaseMs: number
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
  /** Days that the certificate has that ends first. */
  readonly certificateDays: number | undefined
  readonly lastBackup: Date | undefined
}

/** Everything that `status` tells. */
export interface Facts {
  readonly suite: SuiteStatus
  /** Undefined: the database is away. */
  readonly figures: Figures | undefined
  /** Who is signed in, by protocol; undefined: the suite could not be asked, or not by this user. */
  readonly sessions: Readonly<Record<SessionProtocol, number>> | undefined
  readonly disk: { readonly freeBytes: number; readonly freePercent: number }
  readonly dane: 'on' | 'off' | undefined
}

/** Gathers it. What cannot be known is left out; nothing here fails because something else does. */
export async function factsOf(
  suite: SuiteStatus,
  store: Store | undefined,
  dane: Facts['dane'],
  options: CommonOptions,
): Promise<Facts> {
  const [figures, sessions, disk] = await Promise.all([
    figuresOf(store, options),
    sessionsOf(options),
    diskOf(suite.dataDir),
  ])
  return { suite, figures, sessions, disk, dane }
}

async function figuresOf(
  store: Store | undefined,
  options: CommonOptions,
): Promise<Figures | undefined> {
  if (store === undefined) return undefined
  try {
    return await readFigures(store, options)
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') return undefined
    throw error
  }
}

async function readFigures(store: Store, options: CommonOptions): Promise<Figures> {
  const begun = performance.now()
  await store.isReady()
  const databaseMs = Math.round(performance.now() - begun)
  const [accounts, queue, pauses, settings, contained, unforwarded, signingProblem, backups] =
    await Promise.all([
      store.accounts.count(),
      store.queue.status(),
      store.queue.pauses(),
      store.filterSettings.current(),
      store.sending.contained(),
      store.forwards.paused(),
      store.dkimKeys.problem(),
      store.audit.list({ object: 'backup' }),
    ])
  return {
    databaseMs,
    accounts,
    queueWaiting: queue.waiting,
    queueDeferred: queue.deferred,
    queueHeld: queue.held,
    queuePaused: pauses.map(({ destination }) => destination ?? 'everything'),
    queueOldestSeconds: queue.oldestSeconds,
    contained: contained.map(({ address }) => address),
    forwardsPaused: unforwarded.map(({ address, target }) => `${address} to ${target}`),
    virusScanner: settings.get('clamd.address'),
    signingProblem,
    certificateDays: await certificateDays(store, options),
    lastBackup: backups.find(({ action }) => action === 'backup.created')?.at,
  }
}

/** A certificate that cannot be read is doctor's to explain. */
async function certificateDays(store: Store, options: CommonOptions): Promise<number | undefined> {
  try {
    const items = await certificateItems(store.certificates, configOf(options))
    const days = items.flatMap(({ fields }) => fields.days ?? [])
    return days.length === 0 ? undefined : Math.min(...days)
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') throw error
    return undefined
  }
}

async function sessionsOf(options: CommonOptions): Promise<Facts['sessions']> {
  try {
    const parts = await askSuite(options, 'sessions', {})
    const all = parts.flatMap((part) => ('answer' in part ? part.answer : []))
    const counts = sessionProtocols.map((name): [SessionProtocol, number] => [
      name,
      all.filter(({ protocol }) => protocol === name).length,
    ])
    return Object.fromEntries(counts) as Record<SessionProtocol, number>
  } catch (error) {
    if (error instanceof CliError) return undefined
    throw error
  }
}

async function diskOf(folder: string): Promise<Facts['disk']> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, freePercent: Math.floor((100 * bavail) / blocks) }
}

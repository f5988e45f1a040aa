import { dispensableApps, type OpenPort } from '@posthouse/app'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { boolean, dateTime, integer, listOf, oneOf, orNull, string } from '../output/shape.ts'
import type { AppStatus } from '../up/state-file.ts'
import type { Facts } from './facts.ts'

/** What `status` tells. Of each app by its name: `imapState`, `imapListeners` … */
export const statusKind = kind('Status', 'what runs, and how it does', {
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
  databaseMs: orNull(integer),
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
  imapSessions: orNull(integer),
  pop3Sessions: orNull(integer),
  submissionSessions: orNull(integer),
  certificateDays: orNull({ schema: { type: 'integer' }, type: 0 }),
  lastBackup: orNull(dateTime),
  diskFreeBytes: integer,
  diskFreePercent: integer,
  '*State': string,
  '*Pid': orNull(integer),
  '*Restarts': integer,
  '*LastEnd': orNull(string),
  '*Listeners': listOf(string),
})

/** Its fields. */
export type StatusFields = FieldsOfKind<typeof statusKind>

/** True where everything does what it should. */
export function isHealthy({ suite, figures }: Facts): boolean {
  const { ready, apps, database } = suite
  return (
    figures !== undefined &&
    ready &&
    database.state === 'running' &&
    apps.every(({ name, state }) => state === 'running' || dispensableApps.has(name))
  )
}

/** The facts by stable names. */
export function fieldsOf(facts: Facts): StatusFields {
  const { suite, figures, sessions, disk, dane } = facts
  return {
    healthy: isHealthy(facts),
    ready: suite.ready,
    version: suite.version,
    hostname: suite.hostname,
    pid: suite.pid,
    started: suite.startedAt,
    dataDir: suite.dataDir,
    database: suite.database.kind,
    databaseState: suite.database.state,
    databaseRestarts: suite.database.restarts,
    databaseMs: figures?.databaseMs ?? null,
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
    imapSessions: sessions?.imap ?? null,
    pop3Sessions: sessions?.pop3 ?? null,
    submissionSessions: sessions?.submission ?? null,
    certificateDays: figures?.certificateDays ?? null,
    lastBackup: figures?.lastBackup?.toISOString() ?? null,
    diskFreeBytes: disk.freeBytes,
    diskFreePercent: disk.freePercent,
    ...appFields(suite.apps),
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

/** `imap 127.0.0.1:2143`. */
export function formatListener({ name, host, port }: OpenPort): string {
  return `${name} ${host.includes(':') ? `[${host}]` : host}:${port}`
}

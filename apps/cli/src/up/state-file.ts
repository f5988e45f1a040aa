import { readFileSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { OpenPort } from '@posthouse/app'

/** What an app is doing. `waiting`: it died and is started again at `retryAt`. */
export type AppState = 'starting' | 'running' | 'waiting' | 'stopping' | 'stopped'

/** One app, as `status` shows it. */
export interface AppStatus {
  readonly name: string
  readonly state: AppState
  readonly pid: number | null
  readonly since: string
  /** How often it was started again because it had died. */
  readonly restarts: number
  /** Why it died last: `signal SIGKILL`, `exit code 1`, or its own words. */
  readonly lastEnd: string | null
  readonly retryAt: string | null
  readonly listeners: readonly OpenPort[]
}

/** What `up` keeps in `status.json` of the data folder: the truth about the processes that it runs. */
export interface SuiteStatus {
  readonly pid: number
  /** Start of that process in kernel ticks, so that another one with its number is not taken for it. */
  readonly startTicks: string | null
  readonly startedAt: string
  readonly version: string
  readonly hostname: string
  readonly dataDir: string
  readonly ready: boolean
  /** Set while the embedded Postgres runs; it has no password, its socket lies in a private folder. */
  readonly databaseUrl: string | null
  /** `POSTHOUSE_UNSAFE_DB`. */
  readonly isDatabaseUnsafe: boolean
  /** What the database's secrets are sealed with. */
  readonly secretKeyFile: string
  readonly database: {
    readonly kind: 'embedded' | 'url'
    readonly state: AppState
    readonly pid: number | null
    readonly restarts: number
    readonly lastEnd: string | null
  }
  readonly apps: readonly AppStatus[]
}

/** The file's place. */
export function statusPath(dataDir: string): string {
  return path.join(dataDir, 'status.json')
}

/** Replaces the file in one step, so that a reader never sees half of it. */
export async function writeStatus(status: SuiteStatus): Promise<void> {
  const file = statusPath(status.dataDir)
  await writeFile(`${file}.new`, `${JSON.stringify(status, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** Takes the file away when the suite has stopped. */
export async function removeStatus(dataDir: string): Promise<void> {
  await rm(statusPath(dataDir), { force: true })
}

/** Reads the status of a suite that runs on this data folder; nothing if none does. */
export async function readStatus(dataDir: string): Promise<SuiteStatus | undefined> {
  const text = await readFile(statusPath(dataDir), 'utf8').catch(() => '')
  if (text === '') return undefined
  const status = JSON.parse(text) as SuiteStatus
  return isAlive(status) ? status : undefined
}

/** Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); null where there is no /proc. */
export function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the name in brackets, may contain anything; counting starts behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function isAlive({ pid, startTicks }: SuiteStatus): boolean {
  if (startTicks !== null) return startTicksOf(pid) === startTicks
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

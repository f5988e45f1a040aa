import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Diagnosis } from './finding.ts'

/** What has changed since the last visit. */
export interface Changes {
  readonly since: string | undefined
  /** Worse than then, or new. */
  readonly worse: readonly Diagnosis[]
  /** Well now. */
  readonly mended: readonly string[]
}

/** What a visit found, for the next one to compare with. */
export interface Visit {
  readonly at: string
  /** What was not well, by id. */
  readonly states: Readonly<Record<string, string>>
}

const rank: Readonly<Record<string, number>> = { ok: 0, skipped: 0, warn: 1, fail: 2 }

/** Compares findings with those of the last visit; gives what to keep of this one. What could not be looked at is as it was. */
export async function compareVisits(
  dataDir: string,
  findings: readonly Diagnosis[],
): Promise<{ readonly changes: Changes; readonly visit: Visit }> {
  const last = await readVisit(fileOf(dataDir))
  const before = last?.states ?? {}
  const worse = findings.filter(({ id, state }) => {
    return (rank[state] ?? 0) > (rank[before[id] ?? 'ok'] ?? 0)
  })
  const well = new Set(findings.filter(({ state }) => state === 'ok').map(({ id }) => id))
  const looked = new Set(findings.map(({ area }) => area))
  const unseen = new Set(
    findings.filter(({ state }) => state === 'skipped').map(({ area }) => area),
  )
  const seen = (id: string): boolean => {
    const area = [...looked].find((one) => id.startsWith(`${one}.`))
    return area !== undefined && !unseen.has(area)
  }
  const now = new Set(findings.map(({ id }) => id))
  const mended = Object.keys(before).filter((id) => well.has(id) || (seen(id) && !now.has(id)))
  const states: Record<string, string> = {}
  for (const [id, state] of Object.entries(before)) if (!mended.includes(id)) states[id] = state
  for (const { id, state } of findings) if ((rank[state] ?? 0) > 0) states[id] = state
  const visit = { at: new Date().toISOString(), states }
  return { changes: { since: last?.at, worse, mended }, visit }
}

/** Keeps a visit for the next one, in one step. */
export async function keepVisit(dataDir: string, visit: Visit): Promise<void> {
  const file = fileOf(dataDir)
  await writeFile(`${file}.new`, `${JSON.stringify(visit)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

function fileOf(dataDir: string): string {
  return path.join(dataDir, 'doctor.json')
}

/** One that cannot be read is none: what it knew is told once more. */
async function readVisit(file: string): Promise<Visit | undefined> {
  try {
    const visit: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isVisit(visit) ? visit : undefined
  } catch {
    return undefined
  }
}

function isVisit(value: unknown): value is Visit {
  if (typeof value !== 'object' || value === null) return false
  if (!('at' in value) || !('states' in value)) return false
  return typeof value.at === 'string' && typeof value.states === 'object' && value.states !== null
}

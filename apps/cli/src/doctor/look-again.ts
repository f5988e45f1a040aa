import { createResolver } from '@posthouse/dns'
import { areas, type Area, type Diagnosis, type Patient } from './finding.ts'
import { runChecks } from './run-checks.ts'

/** Areas whose answers come from DNS, which is what is waited for. */
const published: ReadonlySet<Area> = new Set(['resolver', 'identity', 'dns'])

/** Other areas are looked at in every so many rounds: some of them knock at others' doors. */
const slowRounds = 6

/**
 * Looks again at what was not well, and at nothing else; records that were found are not asked for again. By a resolver of its
 * own: an answer that the last look has kept would hide what is new.
 * @param round 1 is the first look again
 * @returns everything as it is known now
 */
export async function lookAgain(
  patient: Patient,
  known: readonly Diagnosis[],
  round: number,
): Promise<readonly Diagnosis[]> {
  const unwell = known.filter(({ state }) => state !== 'ok')
  const due = unwell.filter(({ area }) => published.has(area) || round % slowRounds === 0)
  if (due.length === 0) return known
  const only = new Set(due.map(({ area }) => area))
  const onlyIds = new Set(due.map(({ id }) => id))
  const resolver = createResolver(patient.config.dns)
  const found = await runChecks({ ...patient, resolver, onlyIds }, { only, skip: new Set() })
  const foundIds = new Set(found.map(({ id }) => id))
  // What was not well and is not found again is no finding any more.
  const kept = known.filter(
    ({ id, area, state }) => !only.has(area) || (state === 'ok' && !foundIds.has(id)),
  )
  return [...kept, ...found].toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area))
}

/** What is another than it was, and what is new. */
export function newsOf(
  before: readonly Diagnosis[],
  now: readonly Diagnosis[],
): readonly Diagnosis[] {
  const known = new Map(before.map((one) => [one.id, `${one.state} ${one.text}`]))
  return now.filter((one) => known.get(one.id) !== `${one.state} ${one.text}`)
}

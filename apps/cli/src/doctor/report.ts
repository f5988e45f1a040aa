import { countText } from '../commands/queue-item.ts'
import { kind, type FieldsOfKind } from '../output/kind.ts'
import { oneOf, orNull, string } from '../output/shape.ts'
import type { Item } from '../output/terminal.ts'
import { areas, type Area, type Diagnosis } from './finding.ts'

/** What `doctor` finds. */
export const findingKind = kind('Finding', 'one thing that was looked at, and how it is', {
  id: string,
  area: oneOf(...areas),
  state: oneOf('ok', 'warn', 'fail', 'skipped'),
  text: string,
  why: orNull(string),
  next: orNull(string),
})

const marks = { ok: '✔', warn: '!', fail: '✖', skipped: '-' } as const

/** A finding for people, in a line. */
export function lineOf({ state, text }: Diagnosis): string {
  return `${marks[state]} ${text}`
}

/** A finding for programs. */
export function itemOf(found: Diagnosis): Item<FieldsOfKind<typeof findingKind>> {
  const { id, area, state, text } = found
  const [why, next] = [found.why ?? null, found.next ?? null]
  return { id, fields: { id, area, state, text, why, next } }
}

/** The findings for people, area by area, and how many there are of all. */
export function reportLines(
  shown: readonly Diagnosis[],
  all: readonly Diagnosis[] = shown,
): readonly string[] {
  const count = (state: Diagnosis['state']): number =>
    all.filter((one) => one.state === state).length
  return [
    ...areas.flatMap((area) => areaLines(area, shown)),
    `${countText(count('fail'), 'failure')}, ${countText(count('warn'), 'warning')} (${count('ok')} well, ${count('skipped')} not looked at).`,
  ]
}

function areaLines(area: Area, shown: readonly Diagnosis[]): readonly string[] {
  const here = shown.filter((one) => one.area === area)
  if (here.length === 0) return []
  const well = here.filter(({ state }) => state === 'ok')
  const [first] = well
  const good =
    first === undefined ? '' : well.length === 1 ? first.text : `${well.length} checks are well`
  const head = `${area.padEnd(11)} ${good === '' ? '' : `${marks.ok} ${good}`}`.trimEnd()
  const rest = here.filter(({ state }) => state !== 'ok')
  return [
    head,
    ...rest.flatMap(({ state, text, why, next }) => [
      `  ${marks[state]} ${text}`,
      ...(why === undefined ? [] : [`      ${why}`]),
      ...(next === undefined ? [] : [`      → ${next}`]),
    ]),
  ]
}

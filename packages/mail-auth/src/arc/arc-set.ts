import { maxArcBytes } from '../limits.ts'
import type { Field } from '../message-view.ts'
import { parseTagList } from '../tag-list.ts'

/** One ARC set (RFC 8617 §4.2). */
export interface ArcSet {
  readonly instance: number
  readonly results: Field
  readonly signature: Field
  readonly seal: Field
}

/** The sets of a message, i=1 first; or why there is no chain that could be valid. */
export type ArcSets =
  | { readonly ok: true; readonly sets: readonly ArcSet[] }
  | { readonly ok: false; readonly because: string }

/** Instances go up to 50 (RFC 8617 §4.2.1). */
const maxInstances = 50

/**
 * Gathers the sets and checks that each has one of each field, none is missing and none is too many (RFC 8617 §5.2 steps 1
 * and 3). No sets: no chain.
 */
export function gatherSets(byName: ReadonlyMap<string, readonly Field[]>): ArcSets {
  const results = byName.get('arc-authentication-results') ?? []
  const signatures = byName.get('arc-message-signature') ?? []
  const seals = byName.get('arc-seal') ?? []
  const count = seals.length
  if (results.length + signatures.length + count === 0) return { ok: true, sets: [] }
  if (count > maxInstances) return { ok: false, because: `more than ${maxInstances} ARC sets` }
  if (results.length !== count || signatures.length !== count)
    return { ok: false, because: 'a set is not whole' }
  const bytes = [...results, ...signatures, ...seals].reduce(
    (sum, { text }) => sum + text.length,
    0,
  )
  if (bytes > maxArcBytes) return { ok: false, because: `more than ${maxArcBytes} octets of sets` }
  const byInstance = [
    indexed(results, resultsInstance),
    indexed(signatures, tagInstance),
    indexed(seals, tagInstance),
  ]
  const sets: ArcSet[] = []
  for (let instance = 1; instance <= count; instance += 1) {
    const [result, signature, seal] = byInstance.map((fields) => fields.get(instance))
    if (result === undefined || signature === undefined || seal === undefined)
      return { ok: false, because: `set ${instance} is not whole` }
    sets.push({ instance, results: result, signature, seal })
  }
  return { ok: true, sets }
}

/** As many fields as instances, and each instance there: none stands twice. */
function indexed(fields: readonly Field[], read: (field: Field) => number): Map<number, Field> {
  return new Map(fields.map((field) => [read(field), field]))
}

/** `instance = [CFWS] %s"i" [CFWS] "=" [CFWS] 1*2DIGIT`, first in the field (RFC 8617 §4.1.1). */
function resultsInstance({ value }: Field): number {
  return Number(/^\s*i\s*=\s*(\d{1,2})\s*;/.exec(value)?.[1] ?? 0)
}

function tagInstance({ value }: Field): number {
  const list = parseTagList(value)
  const instance = list.ok ? (list.tags.get('i')?.value ?? '') : ''
  return /^\d{1,2}$/.test(instance) ? Number(instance) : 0
}

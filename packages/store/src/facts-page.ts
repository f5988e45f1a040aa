import type { FactField } from './fact-columns.ts'
import type { MessageId, Uid } from './ids.ts'
import type { FactsOf, FactsPage, OctetPlace } from './open-mailbox.ts'
import type { UnpackedPart } from './segment-codec.ts'

/** A message whose facts are wanted. */
export interface WantedFacts {
  readonly uid: Uid
  readonly messageId: MessageId
}

/** What rows gave: by message id, values in the order of the fields. */
export type FactValues = ReadonlyMap<number, readonly unknown[]>

/** A page of facts that were read as rows of `message`. */
export class RowsPage<Field extends FactField> implements FactsPage<Field> {
  readonly #fields: readonly Field[]
  readonly #messages: readonly { readonly uid: Uid; readonly values: readonly unknown[] }[]
  readonly #place: OctetPlace = { octets: nothing, start: 0, end: 0 }

  constructor(fields: readonly Field[], wanted: readonly WantedFacts[], values: FactValues) {
    this.#fields = fields
    this.#messages = wanted.flatMap(({ uid, messageId }) => {
      const found = values.get(messageId)
      return found === undefined ? [] : [{ uid, values: found }]
    })
  }

  get size(): number {
    return this.#messages.length
  }

  uidAt(index: number): Uid {
    return this.#at(index).uid
  }

  place(index: number, field: Field): OctetPlace | undefined {
    const value = this.#at(index).values[this.#fields.indexOf(field)]
    if (!Buffer.isBuffer(value)) return undefined
    this.#place.octets = value
    this.#place.end = value.length
    return this.#place
  }

  facts(index: number): FactsOf<Field> {
    const { uid, values } = this.#at(index)
    return factsOf(uid, this.#fields, values)
  }

  #at(index: number): { readonly uid: Uid; readonly values: readonly unknown[] } {
    const message = this.#messages[index]
    if (message === undefined) throw new RangeError(`the page has no message ${index}`)
    return message
  }
}

/** A page of facts that stand in one segment. */
export class SegmentPage<Field extends FactField> implements FactsPage<Field> {
  readonly #fields: readonly Field[]
  readonly #wanted: readonly WantedFacts[]
  readonly #indexes: Uint32Array
  /** The part that each field stands in. */
  readonly #sources: ReadonlyMap<FactField, UnpackedPart>
  readonly #place: OctetPlace = { octets: nothing, start: 0, end: 0 }

  /**
   * Undefined where a message is missing.
   * @param parts of one segment: they hold the same messages
   */
  static of<Field extends FactField>(
    fields: readonly Field[],
    wanted: readonly WantedFacts[],
    parts: readonly UnpackedPart[],
  ): SegmentPage<Field> | undefined {
    const [first] = parts
    const indexes = first && indexesIn(first, wanted)
    return indexes && new SegmentPage(fields, wanted, indexes, sourcesOf(fields, parts))
  }

  private constructor(
    fields: readonly Field[],
    wanted: readonly WantedFacts[],
    indexes: Uint32Array,
    sources: ReadonlyMap<FactField, UnpackedPart>,
  ) {
    this.#fields = fields
    this.#wanted = wanted
    this.#indexes = indexes
    this.#sources = sources
  }

  get size(): number {
    return this.#wanted.length
  }

  uidAt(index: number): Uid {
    const message = this.#wanted[index]
    if (message === undefined) throw new RangeError(`the page has no message ${index}`)
    return message.uid
  }

  place(index: number, field: Field): OctetPlace | undefined {
    const source = this.#sources.get(field)
    const isThere = source?.find(this.#indexes[index] ?? 0, field, this.#place) === true
    return isThere ? this.#place : undefined
  }

  facts(index: number): FactsOf<Field> {
    const at = this.#indexes[index] ?? 0
    const values = this.#fields.map((field) => this.#sources.get(field)?.fact(at, field))
    return factsOf(this.uidAt(index), this.#fields, values)
  }
}

const nothing = Buffer.alloc(0)

/** What a segment has of these messages, for the case that it was made without some of them. */
export function valuesIn(
  fields: readonly FactField[],
  wanted: readonly WantedFacts[],
  parts: readonly UnpackedPart[],
): Map<number, readonly unknown[]> {
  const sources = sourcesOf(fields, parts)
  const found = new Map<number, readonly unknown[]>()
  for (const { uid, messageId } of wanted) {
    const index = parts[0]?.indexOf(uid, messageId) ?? -1
    if (index < 0) continue
    const values = fields.map((field) => sources.get(field)?.fact(index, field))
    found.set(messageId, values)
  }
  return found
}

function sourcesOf(
  fields: readonly FactField[],
  parts: readonly UnpackedPart[],
): ReadonlyMap<FactField, UnpackedPart> {
  const sources = new Map<FactField, UnpackedPart>()
  for (const field of fields) {
    const source = parts.find((part) => part.holds(field))
    if (source === undefined) throw new Error(`no part of a segment holds ${field}`)
    sources.set(field, source)
  }
  return sources
}

/** Neighbours in the mailbox are neighbours in the segment. */
function indexesIn(part: UnpackedPart, wanted: readonly WantedFacts[]): Uint32Array | undefined {
  const indexes = new Uint32Array(wanted.length)
  let next = 0
  for (const [i, { uid, messageId }] of wanted.entries()) {
    if (part.uids[next] !== uid || part.messageIds[next] !== messageId) {
      next = part.indexOf(uid, messageId)
      if (next < 0) return undefined
    }
    indexes[i] = next
    next += 1
  }
  return indexes
}

function factsOf<F extends FactField>(
  uid: Uid,
  fields: readonly F[],
  values: readonly unknown[],
): FactsOf<F> {
  const facts = Object.fromEntries(fields.map((field, i) => [field, values[i]]))
  // The one place where columns become the fields they were selected for.
  return { ...facts, uid } as FactsOf<F>
}

import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import {
  factColumns,
  factFromCopy,
  factFromText,
  selectFacts,
  type FactField,
} from './fact-columns.ts'
import type { AccountId, MailboxId, MessageId, Uid } from './ids.ts'
import type { FactsOf } from './open-mailbox.ts'
import { partsWith, type SegmentPart, type UnpackedPart } from './segment-codec.ts'
import type { SegmentRange } from './segment-plan.ts'
import { SegmentReader } from './segment-reader.ts'
import { tupleStatement, type Statement } from './statement.ts'

/** A message whose facts are wanted. */
export interface WantedFacts {
  readonly uid: Uid
  readonly messageId: MessageId
}

const fieldNames = Object.keys(factColumns)

/** Up to this many come as text over the shared connection; a COPY has to be planned, but costs a quarter per row. */
const fewMessages = 4
/** One block: bounds memory (facts are about 5 KB, 100 KB at worst). The first is small, to be there soon. */
const firstBlock = 64
const laterBlocks = 512
/** To unpack a segment costs as much as to read this many messages' rows. */
const worthSegment = 64

/** Messages that are read together. */
interface Block {
  readonly wanted: readonly WantedFacts[]
  /** The segment they stand in. */
  readonly segment?: number
}

/** What a block gave: by message id, values in the order of the fields. */
type Values = ReadonlyMap<number, readonly unknown[]>

/** What a read is about. */
interface Wish {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly fields: readonly FactField[]
  readonly parts: readonly SegmentPart[] | undefined
}

/** Reads facts of many messages of one mailbox in blocks, the next one while this one is used. */
export class FactsReader {
  readonly #database: Database
  readonly #segments: SegmentReader
  readonly #statements = new Map<string, Statement<readonly unknown[]>>()

  constructor(database: Database, segments = new SegmentReader(database)) {
    this.#database = database
    this.#segments = segments
  }

  /** In the order asked for; messages that are gone are skipped. */
  async *read<F extends FactField>(
    account: AccountId,
    mailbox: MailboxId,
    wanted: readonly WantedFacts[],
    fields: readonly F[],
  ): AsyncGenerator<FactsOf<F>> {
    const wish: Wish = { account, mailbox, fields, parts: partsWith(fields) }
    const blocks = await this.#blocks(wish, wanted)
    let next = blocks[0] && this.#block(wish, blocks[0])
    for (let i = 0; i < blocks.length && next !== undefined; i++) {
      const rows = await next
      const following = blocks[i + 1]
      next = following && this.#block(wish, following)
      // Looked at in the next round, or never when the reader leaves.
      next?.catch(() => {})
      for (const { uid, messageId } of blocks[i]?.wanted ?? []) {
        const row = rows.get(messageId)
        if (row !== undefined) yield factsOf(uid, fields, row)
      }
    }
  }

  /** Segments where many messages of one are wanted in a row, or it is at hand anyway. */
  async #blocks(wish: Wish, wanted: readonly WantedFacts[]): Promise<readonly Block[]> {
    const { account, mailbox, parts } = wish
    if (parts === undefined || wanted.length <= fewMessages) return rowBlocks(wanted)
    const directory = await this.#segments.directory(account, mailbox)
    if (directory.length === 0) return rowBlocks(wanted)
    return segmentBlocks(wanted, directory, (first, count) => {
      if (count >= worthSegment) return true
      return parts.every((part) => this.#segments.has(account, mailbox, first, part))
    })
  }

  async #block(wish: Wish, { wanted, segment }: Block): Promise<Values> {
    if (segment === undefined) return this.#rows(wish, wanted)
    const found = await this.#fromSegment(wish, wanted, segment)
    if (found.size === wanted.length) return found
    const missing = wanted.filter(({ messageId }) => !found.has(messageId))
    return new Map([...found, ...(await this.#rows(wish, missing))])
  }

  async #fromSegment(
    { account, mailbox, fields, parts }: Wish,
    wanted: readonly WantedFacts[],
    first: number,
  ): Promise<Values> {
    const found = new Map<number, readonly unknown[]>()
    const unpacked = await Promise.all(
      (parts ?? []).map((part) => this.#segments.part(account, mailbox, first, part)),
    )
    const sources = fields.map((field) => unpacked.find((part) => part?.holds(field)))
    if (sources.includes(undefined)) return found
    for (const { uid, messageId } of wanted) {
      const values = valuesAt(sources, fields, uid, messageId)
      if (values !== undefined) found.set(messageId, values)
    }
    return found
  }

  #rows(wish: Wish, wanted: readonly WantedFacts[]): Promise<Values> {
    return wanted.length <= fewMessages ? this.#readFew(wish, wanted) : this.#copyMany(wish, wanted)
  }

  async #readFew({ account, fields }: Wish, block: readonly WantedFacts[]): Promise<Values> {
    const ids = block.map(({ messageId }) => messageId)
    const rows = await this.#database.read(this.#statement(fields), [account, ids])
    return new Map(
      rows.map(([id, ...values]) => [
        Number(id),
        fields.map((field, i) => factFromText(factColumns[field].kind, values[i])),
      ]),
    )
  }

  async #copyMany({ account, fields }: Wish, block: readonly WantedFacts[]): Promise<Values> {
    const ids = sqlText.integers(block.map(({ messageId }) => messageId))
    const select = selectFacts(fields, sqlText.uuid(account), ids)
    const rows = new Map<number, readonly unknown[]>()
    await this.#database.bulk((client) =>
      copyOut(client, select, (row) => {
        const id = row.integer()
        rows.set(
          id,
          fields.map((field) => factFromCopy(factColumns[field].kind, row)),
        )
      }),
    )
    return rows
  }

  #statement(fields: readonly FactField[]): Statement<readonly unknown[]> {
    const bits = fields.map((field) => fieldNames.indexOf(field)).join('_')
    const name = `facts_${bits}`
    const known = this.#statements.get(name)
    if (known !== undefined) return known
    const made = tupleStatement<readonly unknown[]>(
      name,
      selectFacts(fields, '$1::uuid', '$2::bigint[]'),
    )
    this.#statements.set(name, made)
    return made
  }
}

/** Undefined where the segment was made without this message. */
function valuesAt(
  sources: readonly (UnpackedPart | undefined)[],
  fields: readonly FactField[],
  uid: number,
  messageId: number,
): readonly unknown[] | undefined {
  // All parts of a segment hold the same messages.
  const index = sources[0]?.indexOf(uid, messageId) ?? -1
  if (index === -1) return undefined
  return fields.map((field, i) => sources[i]?.fact(index, field))
}

function rowBlocks(wanted: readonly WantedFacts[]): readonly Block[] {
  const blocks = [{ wanted: wanted.slice(0, firstBlock) }]
  for (let at = firstBlock; at < wanted.length; at += laterBlocks) {
    blocks.push({ wanted: wanted.slice(at, at + laterBlocks) })
  }
  return blocks
}

/** Cuts at the borders of segments; what stands in none that is worth it is read by rows. */
function segmentBlocks(
  wanted: readonly WantedFacts[],
  directory: readonly SegmentRange[],
  isWorth: (first: number, count: number) => boolean,
): readonly Block[] {
  const blocks: Block[] = []
  let loose: WantedFacts[] = []
  const flush = (): void => {
    if (loose.length > 0) blocks.push(...rowBlocks(loose))
    loose = []
  }
  for (let at = 0; at < wanted.length;) {
    const range = rangeOf(directory, wanted[at]?.uid ?? 0)
    const end = range === undefined ? at + 1 : endOfRun(wanted, range, at)
    const run = wanted.slice(at, end)
    if (range !== undefined && isWorth(range.first, run.length)) {
      flush()
      blocks.push({ wanted: run, segment: range.first })
    } else loose.push(...run)
    at = end
  }
  flush()
  return blocks
}

/** Where the run of messages that stand in this range ends. */
function endOfRun(wanted: readonly WantedFacts[], range: SegmentRange, start: number): number {
  let end = start + 1
  while (isWithin(range, wanted[end]?.uid)) end++
  return end
}

function isWithin({ first, last }: SegmentRange, uid: number | undefined): boolean {
  return uid !== undefined && uid >= first && uid <= last
}

/** By halving: the last range that begins at or below the UID, if it reaches so far. */
function rangeOf(directory: readonly SegmentRange[], uid: number): SegmentRange | undefined {
  let low = 0
  let high = directory.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((directory[middle]?.first ?? 0) <= uid) low = middle + 1
    else high = middle
  }
  const range = directory[low - 1]
  return range !== undefined && uid <= range.last ? range : undefined
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

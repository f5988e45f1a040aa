import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import {
  factColumns,
  factFromCopy,
  factFromText,
  selectFacts,
  type FactField,
} from './fact-columns.ts'
import { RowsPage, SegmentPage, valuesIn, type FactValues, type WantedFacts } from './facts-page.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { FactsOf, FactsPage } from './open-mailbox.ts'
import { partsWith, type SegmentPart } from './segment-codec.ts'
import type { SegmentRange } from './segment-plan.ts'
import { SegmentReader } from './segment-reader.ts'
import { tupleStatement, type Statement } from './statement.ts'

export type { WantedFacts } from './facts-page.ts'

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

/** What a read is about. */
interface Wish<Field extends FactField = FactField> {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly fields: readonly Field[]
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
    for await (const page of this.pages(account, mailbox, wanted, fields)) {
      for (let i = 0; i < page.size; i++) yield page.facts(i)
    }
  }

  /** The same, a page at a time. */
  async *pages<F extends FactField>(
    account: AccountId,
    mailbox: MailboxId,
    wanted: readonly WantedFacts[],
    fields: readonly F[],
  ): AsyncGenerator<FactsPage<F>> {
    const wish: Wish<F> = { account, mailbox, fields, parts: partsWith(fields) }
    const blocks = await this.#blocks(wish, wanted)
    let next = blocks[0] && this.#page(wish, blocks[0])
    for (let i = 0; i < blocks.length && next !== undefined; i++) {
      const page = await next
      const following = blocks[i + 1]
      next = following && this.#page(wish, following)
      // Looked at in the next round, or never when the reader leaves.
      next?.catch(() => {})
      yield page
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

  async #page<F extends FactField>(
    wish: Wish<F>,
    { wanted, segment }: Block,
  ): Promise<FactsPage<F>> {
    const { fields } = wish
    const parts = segment === undefined ? undefined : await this.#parts(wish, segment)
    if (parts === undefined) return new RowsPage(fields, wanted, await this.#rows(wish, wanted))
    const page = SegmentPage.of(fields, wanted, parts)
    if (page !== undefined) return page
    const found = valuesIn(fields, wanted, parts)
    const missing = wanted.filter(({ messageId }) => !found.has(messageId))
    return new RowsPage(fields, wanted, new Map([...found, ...(await this.#rows(wish, missing))]))
  }

  /** Undefined where the segment is gone. */
  async #parts({ account, mailbox, parts = [] }: Wish, segment: number) {
    const reading = parts.map((part) => this.#segments.part(account, mailbox, segment, part))
    const found = await Promise.all(reading)
    return found.every((part) => part !== undefined) ? found : undefined
  }

  #rows(wish: Wish, wanted: readonly WantedFacts[]): Promise<FactValues> {
    return wanted.length <= fewMessages ? this.#readFew(wish, wanted) : this.#copyMany(wish, wanted)
  }

  async #readFew({ account, fields }: Wish, block: readonly WantedFacts[]): Promise<FactValues> {
    const ids = block.map(({ messageId }) => messageId)
    const rows = await this.#database.read(this.#statement(fields), [account, ids])
    return new Map(
      rows.map(([id, ...values]) => [
        Number(id),
        fields.map((field, i) => factFromText(factColumns[field].kind, values[i])),
      ]),
    )
  }

  async #copyMany({ account, fields }: Wish, block: readonly WantedFacts[]): Promise<FactValues> {
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

import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import type { AccountId, MessageId, Uid } from './ids.ts'
import type { FactsOf, StoredFacts } from './open-mailbox.ts'
import { tupleStatement, type Statement } from './statement.ts'
import type { TupleReader } from './tuple-reader.ts'

/** A message whose facts are wanted. */
export interface WantedFacts {
  readonly uid: Uid
  readonly messageId: MessageId
}

type Field = keyof StoredFacts

/** How each fact is selected, and how its value comes back from either protocol. */
interface Column {
  readonly sql: string
  readonly kind: 'bytes' | 'text' | 'integer' | 'date' | 'list'
}

/** Fields in the order of their bits in a statement's name. */
const columns: Readonly<Record<Field, Column>> = {
  prefix: { sql: 'prefix', kind: 'bytes' },
  envelope: { sql: 'envelope', kind: 'bytes' },
  body: { sql: 'body', kind: 'bytes' },
  bodyStructure: { sql: 'body_structure', kind: 'bytes' },
  parts: { sql: 'parts', kind: 'bytes' },
  headerSize: { sql: 'header_size', kind: 'integer' },
  header: { sql: 'header', kind: 'bytes' },
  from: { sql: 'from_text', kind: 'text' },
  to: { sql: 'to_text', kind: 'text' },
  cc: { sql: 'cc_text', kind: 'text' },
  bcc: { sql: 'bcc_text', kind: 'text' },
  subject: { sql: 'subject', kind: 'text' },
  messageId: { sql: 'message_id_header', kind: 'text' },
  inReplyTo: { sql: 'in_reply_to', kind: 'text' },
  references: { sql: `array_to_string(reference_ids, E'\\n')`, kind: 'list' },
  sentAt: { sql: '(extract(epoch FROM sent_at) * 1000)::bigint', kind: 'date' },
  sentDay: { sql: 'sent_day', kind: 'text' },
  preview: { sql: 'preview', kind: 'text' },
}
const fieldNames = Object.keys(columns)

/** Up to this many come as text over the shared connection; a COPY has to be planned, but costs a quarter per row. */
const fewMessages = 4
/** One block: bounds memory (facts are about 5 KB, 100 KB at worst). The first is small, to be there soon. */
const firstBlock = 64
const laterBlocks = 512

/** Reads facts of many messages of one account in blocks, the next one while this one is used. */
export class FactsReader {
  readonly #database: Database
  readonly #statements = new Map<string, Statement<readonly unknown[]>>()

  constructor(database: Database) {
    this.#database = database
  }

  /** In the order asked for; messages that are gone are skipped. */
  async *read<F extends Field>(
    account: AccountId,
    wanted: readonly WantedFacts[],
    fields: readonly F[],
  ): AsyncGenerator<FactsOf<F>> {
    const blocks = blocksOf(wanted)
    let next = blocks[0] && this.#block(account, blocks[0], fields)
    for (let i = 0; i < blocks.length && next !== undefined; i++) {
      const rows = await next
      const following = blocks[i + 1]
      next = following && this.#block(account, following, fields)
      // Looked at in the next round, or never when the reader leaves.
      next?.catch(() => {})
      for (const { uid, messageId } of blocks[i] ?? []) {
        const row = rows.get(messageId)
        if (row !== undefined) yield factsOf(uid, fields, row)
      }
    }
  }

  #block(
    account: AccountId,
    block: readonly WantedFacts[],
    fields: readonly Field[],
  ): Promise<ReadonlyMap<number, readonly unknown[]>> {
    return block.length <= fewMessages
      ? this.#readFew(account, block, fields)
      : this.#copyMany(account, block, fields)
  }

  async #readFew(account: AccountId, block: readonly WantedFacts[], fields: readonly Field[]) {
    const ids = block.map(({ messageId }) => messageId)
    const rows = await this.#database.read(this.#statement(fields), [account, ids])
    return new Map(
      rows.map(([id, ...values]) => [
        Number(id),
        fields.map((field, i) => fromText(columns[field].kind, values[i])),
      ]),
    )
  }

  async #copyMany(account: AccountId, block: readonly WantedFacts[], fields: readonly Field[]) {
    const ids = sqlText.integers(block.map(({ messageId }) => messageId))
    const select = selectText(fields, sqlText.uuid(account), ids)
    const rows = new Map<number, readonly unknown[]>()
    await this.#database.bulk((client) =>
      copyOut(client, select, (row) => {
        const id = row.integer()
        rows.set(
          id,
          fields.map((field) => fromCopy(columns[field].kind, row)),
        )
      }),
    )
    return rows
  }

  #statement(fields: readonly Field[]): Statement<readonly unknown[]> {
    const bits = fields.map((field) => fieldNames.indexOf(field)).join('_')
    const name = `facts_${bits}`
    const known = this.#statements.get(name)
    if (known !== undefined) return known
    const made = tupleStatement<readonly unknown[]>(
      name,
      selectText(fields, '$1::uuid', '$2::bigint[]'),
    )
    this.#statements.set(name, made)
    return made
  }
}

function blocksOf(wanted: readonly WantedFacts[]): readonly (readonly WantedFacts[])[] {
  const blocks = [wanted.slice(0, firstBlock)]
  for (let at = firstBlock; at < wanted.length; at += laterBlocks) {
    blocks.push(wanted.slice(at, at + laterBlocks))
  }
  return blocks
}

function selectText(fields: readonly Field[], account: string, ids: string): string {
  const list = ['message_id', ...fields.map((field) => columns[field].sql)]
  return `SELECT ${list.join(', ')} FROM message
    WHERE account_id = ${account} AND message_id = ANY (${ids})`
}

function fromCopy(kind: Column['kind'], row: TupleReader): unknown {
  switch (kind) {
    case 'bytes':
      return row.bytes()
    case 'integer':
      return row.integer()
    case 'text':
      return row.text()
    case 'list':
      return listOf(row.text())
    case 'date': {
      const text = row.optionalInteger()
      return text === null ? null : new Date(text)
    }
  }
}

function fromText(kind: Column['kind'], value: unknown): unknown {
  if (kind === 'list') return listOf(typeof value === 'string' ? value : null)
  if (kind === 'date') return typeof value === 'number' ? new Date(value) : null
  return value
}

function listOf(joined: string | null): readonly string[] {
  return joined === null || joined === '' ? [] : joined.split('\n')
}

function factsOf<F extends Field>(
  uid: Uid,
  fields: readonly F[],
  values: readonly unknown[],
): FactsOf<F> {
  const facts = Object.fromEntries(fields.map((field, i) => [field, values[i]]))
  // The one place where columns become the fields they were selected for.
  return { ...facts, uid } as FactsOf<F>
}

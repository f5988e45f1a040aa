import type { MessageFacts } from '@posthouse/message'
import type { PackedContent } from './content.ts'
import type { AccountId, MessageId } from './ids.ts'
import { MultiInsert } from './multi-insert.ts'
import { statement, type Transaction } from './statement.ts'
import { threadsOf } from './thread-keys.ts'

/**
 * The locking upsert: DO UPDATE locks the row even where its WHERE is false, so that the collector of garbage, which
 * looks at last_ref again after its wait, can not take content that this transaction is about to refer to. DO NOTHING
 * loses mail (measured).
 */
const putContent = new MultiInsert(
  'content_put',
  'content',
  ['hash', 'size', 'encoding', 'octets'],
  `ON CONFLICT (hash) DO UPDATE SET last_ref = now()
  WHERE content.last_ref < now() - interval '1 hour'`,
)

/** The row in `content` is locked: nobody else writes or collects these chunks, so a conflict means they are there. */
const putChunk = statement(
  'content_chunk_put',
  `INSERT INTO content_chunk (hash, n, encoding, octets) VALUES ($1, $2, $3, $4)
  ON CONFLICT DO NOTHING`,
)

/** Large chunks under way at once: bounds what waits in the socket. */
const chunksAhead = 4

/**
 * Writes contents, one row per hash and in the order of their hashes: two groups that lock them otherwise could wait for each
 * other. Does not wait for the answers of the last ones.
 */
export async function writeContents(
  tx: Transaction,
  contents: readonly PackedContent[],
): Promise<void> {
  const distinct = new Map(contents.map((content) => [content.hash.toString('latin1'), content]))
  const sorted = [...distinct.values()].toSorted((a, b) => Buffer.compare(a.hash, b.hash))
  const rows = sorted.map(({ hash, size, chunks }) => {
    return [hash, size, chunks[0]?.encoding, chunks[0]?.octets]
  })
  for (const { statement: put, values } of putContent.statements(rows)) {
    void tx.execute(put, values).catch(ignore)
  }
  let under: Promise<unknown>[] = []
  for (const { hash, chunks } of sorted) {
    for (const [n, chunk] of chunks.entries()) {
      if (n === 0) continue
      under.push(tx.execute(putChunk, [hash, n, chunk.encoding, chunk.octets]))
      if (under.length < chunksAhead) continue
      await Promise.all(under)
      under = []
    }
  }
  for (const last of under) void last.catch(ignore)
}

/** One message of one account. */
export interface NewMessage {
  readonly account: AccountId
  readonly messageId: MessageId
  readonly content: Buffer
  readonly facts: MessageFacts
  readonly prefix: Buffer
  readonly receivedAt: Date
}

const columns = [
  'account_id',
  'message_id',
  'content',
  'size',
  'prefix',
  'received_at',
  'envelope',
  'body',
  'body_structure',
  'parts',
  'header_size',
  'header',
  'from_text',
  'to_text',
  'cc_text',
  'bcc_text',
  'subject',
  'message_id_header',
  'in_reply_to',
  'reference_ids',
  'sent_at',
  'sent_day',
  'preview',
  'id_key',
] as const

/** Of messages that begin a conversation: nothing is looked for. */
const putMessage = new MultiInsert('message_put', 'message', [...columns, 'thread_id'], '')

/** Of answers. What the same statement inserts is not seen by it: `threadsOf` has looked there. */
const putAnswer = new MultiInsert(
  'message_put_answer',
  'message',
  [
    ...columns,
    {
      name: 'thread_id',
      values: 3,
      sql: (account = '', kin = '', made = '') =>
        `coalesce((SELECT k.thread_id FROM message k
          WHERE k.account_id = ${account}::uuid AND k.id_key = ANY (${kin}::bigint[])
          ORDER BY array_position(${kin}::bigint[], k.id_key), k.message_id LIMIT 1), ${made}::bigint)`,
    },
  ],
  '',
)

/** Writes message rows. Does not wait for the answers: a failed one fails the COMMIT. */
export function writeMessages(tx: Transaction, messages: readonly NewMessage[]): void {
  const first: unknown[][] = []
  const answers: unknown[][] = []
  for (const [i, { own, kin, made }] of threadsOf(messages).entries()) {
    const message = messages[i]
    if (message === undefined) break
    const row = [...messageRow(message), own]
    if (kin.length === 0) first.push([...row, made])
    else answers.push([...row, message.account, kin, made])
  }
  for (const { statement: put, values } of putMessage.statements(first)) {
    void tx.execute(put, values).catch(ignore)
  }
  for (const { statement: put, values } of putAnswer.statements(answers)) {
    void tx.execute(put, values).catch(ignore)
  }
}

function messageRow(message: NewMessage): readonly unknown[] {
  const { facts } = message
  return [
    message.account,
    message.messageId,
    message.content,
    message.prefix.length + facts.size,
    message.prefix,
    message.receivedAt,
    facts.envelope,
    facts.body,
    facts.bodyStructure,
    facts.parts,
    facts.headerSize,
    facts.header,
    clean(facts.from),
    clean(facts.to),
    clean(facts.cc),
    clean(facts.bcc),
    clean(facts.subject),
    facts.messageId === null ? null : clean(facts.messageId),
    facts.inReplyTo === null ? null : clean(facts.inReplyTo),
    facts.references.map(clean),
    facts.sentAt !== null && isKept(facts.sentAt) ? facts.sentAt : null,
    facts.sentDay === null ? null : clean(facts.sentDay),
    clean(facts.preview),
  ]
}

/** Postgres's text holds no NUL and no lone surrogate. */
function clean(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed()
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '') : wellFormed
}

/** Years of four digits; others are no dates anybody meant. */
function isKept(date: Date): boolean {
  const year = date.getUTCFullYear()
  return year >= 1 && year <= 9999
}

/** The transaction keeps the first error itself. */
function ignore(): void {}

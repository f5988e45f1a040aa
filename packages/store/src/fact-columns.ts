import type { StoredFacts } from './open-mailbox.ts'
import type { TupleReader } from './tuple-reader.ts'

/** A fact of a message, by the name it is asked for. */
export type FactField = keyof StoredFacts

/** How a fact is selected, and how its value comes back from either protocol. */
export interface FactColumn {
  readonly sql: string
  readonly kind: 'bytes' | 'text' | 'integer' | 'date' | 'list'
}

/** Fields in the order of their numbers in statements' names. */
export const factColumns: Readonly<Record<FactField, FactColumn>> = {
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

/** Selects the id and these facts of some messages of one account; `account` and `ids` are SQL. */
export function selectFacts(fields: readonly FactField[], account: string, ids: string): string {
  const list = ['message_id', ...fields.map((field) => factColumns[field].sql)]
  return `SELECT ${list.join(', ')} FROM message
    WHERE account_id = ${account} AND message_id = ANY (${ids})`
}

/** The next column of a row in COPY's binary form as the fact's value. Octets are a copy, or a view of the row's. */
export function factFromCopy(
  kind: FactColumn['kind'],
  row: TupleReader,
  octets: 'copy' | 'view' = 'copy',
): unknown {
  switch (kind) {
    case 'bytes':
      return octets === 'copy' ? row.bytes() : row.view()
    case 'integer':
      return row.integer()
    case 'text':
      return row.text()
    case 'list':
      return listOf(row.text())
    case 'date': {
      const time = row.optionalInteger()
      return time === null ? null : new Date(time)
    }
  }
}

/** A value of the ordinary protocol as the fact's value. */
export function factFromText(kind: FactColumn['kind'], value: unknown): unknown {
  if (kind === 'list') return listOf(typeof value === 'string' ? value : null)
  if (kind === 'date') return typeof value === 'number' ? new Date(value) : null
  return value
}

function listOf(joined: string | null): readonly string[] {
  return joined === null || joined === '' ? [] : joined.split('\n')
}

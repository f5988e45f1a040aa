import type { AccountId } from './ids.ts'
import { MultiInsert } from './multi-insert.ts'
import { plainLine } from './plain-text.ts'
import type { KeptAside } from './quarantine.ts'
import type { Transaction } from './statement.ts'
import { uuidFromBase32 } from './uuid-v7.ts'

/** One copy to be kept aside, under an id that was made before. */
export interface KeptCopy extends KeptAside {
  readonly account: AccountId
  /** A UUID. */
  readonly quarantineId: string
  readonly prefix: Buffer
}

/** A message with copies to be kept aside. */
export interface KeptMessage {
  readonly content: { readonly hash: Buffer; readonly size: number }
  readonly facts: { readonly subject: string }
  readonly receivedAt: Date
  readonly queueId?: string
  readonly origin?: { readonly sender: string }
  readonly kept?: readonly KeptCopy[]
}

const putKept = new MultiInsert(
  'quarantine_put',
  'quarantine',
  [
    'quarantine_id',
    'account_id',
    'queue_id',
    'reason',
    'recipient',
    'sender',
    'subject',
    'content',
    'prefix',
    'size',
    'at',
  ],
  '',
)

/** Keeps copies aside; their contents are written before. Does not wait for the answers: a failed one fails the COMMIT. */
export function writeKept(tx: Transaction, messages: readonly KeptMessage[]): void {
  for (const { statement, values } of putKept.statements(messages.flatMap(rowsOf))) {
    void tx.execute(statement, values).catch(() => {})
  }
}

function rowsOf(message: KeptMessage): readonly unknown[][] {
  const { content, facts, receivedAt, queueId, origin, kept = [] } = message
  return kept.map(({ quarantineId, account, reason, recipient, prefix }) => [
    quarantineId,
    account,
    uuidFromBase32(queueId ?? ''),
    reason,
    plainLine(recipient),
    plainLine(origin?.sender ?? ''),
    plainLine(facts.subject),
    content.hash,
    prefix,
    prefix.length + content.size,
    receivedAt,
  ])
}

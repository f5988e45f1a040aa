import { MultiInsert } from './multi-insert.ts'
import type { Transaction } from './statement.ts'
import { uuidFromBase32 } from './uuid-v7.ts'
import { verdictText } from './verdict-text.ts'
import type { MessageVerdict } from './verdicts.ts'

/** A verdict with the message that it is about. */
export interface JudgedMessage {
  /** 26 characters. */
  readonly queueId?: string
  readonly verdict?: MessageVerdict
}

const putVerdict = new MultiInsert(
  'verdict_put',
  'verdict',
  ['queue_id', 'direction', 'action', 'points', 'details'],
  '',
)

/** Keeps verdicts. Does not wait for the answers: a failed one fails the COMMIT. */
export function writeVerdicts(tx: Transaction, messages: readonly JudgedMessage[]): void {
  const rows = messages.flatMap(({ queueId, verdict }) => {
    if (queueId === undefined || verdict === undefined) return []
    const { direction, action, points } = verdict
    return [[uuidFromBase32(queueId), direction, action, points, verdictText(verdict)]]
  })
  for (const { statement, values } of putVerdict.statements(rows)) {
    void tx.execute(statement, values).catch(() => {})
  }
}

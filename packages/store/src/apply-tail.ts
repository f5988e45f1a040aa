import { changeFlags } from './keyword-sets.ts'
import { unpackExpunge, unpackFlagCommands } from './log-payload.ts'
import type { MailboxState, MessageColumns, StatePosition } from './mailbox-state.ts'
import type { LogRow, MailboxTail } from './mailbox-tail.ts'

/** The tail does not join on to the state: rows were trimmed in between, or are missing. Open the mailbox anew. */
export class TailGap extends Error {
  override readonly name: string = 'TailGap'
}

/** Messages that a state lost at one modseq, as they were last. */
export interface Expunged {
  readonly modSeq: number
  readonly rows: MessageColumns
}

/** What applying a log row came to. */
export interface RowEffect {
  readonly expunged: readonly Expunged[]
  /** Messages that it named, one by one, whether they are there or not: what a replay of it costs. */
  readonly touched: number
}

/** What applying a tail changed. */
export interface TailEffect extends RowEffect {
  readonly hasChanges: boolean
}

/**
 * Brings a state to the tail's head: entries first, then log rows (STORE.md, REFRESH). The tail must have been read after
 * the state's present position.
 *
 * @throws TailGap before anything was changed.
 */
export function applyTail(state: MailboxState, tail: MailboxTail): TailEffect {
  const { position } = state
  requireContiguous(position, tail)
  state.append(tail.entries)
  const effects = tail.log.map((row) => applyLogRow(state, row))
  state.advance(tail.head)
  state.setUidValidity(tail.head.uidValidity)
  const hasChanges = tail.log.length > 0 || tail.entries.uids.length > 0
  return {
    hasChanges,
    expunged: effects.flatMap(({ expunged }) => expunged),
    touched: effects.reduce((sum, { touched }) => sum + touched, 0),
  }
}

/** All flags that a tail brings, together. */
export function flagsIn({ entries, log }: MailboxTail): number {
  let union = 0
  for (const flags of entries.flags) union = changeFlags(union, 0, flags)
  for (const { kind, payload } of log) {
    if (kind !== 'flags') continue
    for (const { add } of unpackFlagCommands(payload)) union = changeFlags(union, 0, add)
  }
  return union
}

/** Applies one log row. */
export function applyLogRow(state: MailboxState, row: LogRow): RowEffect {
  if (row.kind === 'expunge') {
    const record = unpackExpunge(row.payload)
    const rows = state.applyExpunge(record)
    const expunged = rows.uids.length === 0 ? [] : [{ modSeq: row.modSeq, rows }]
    return { expunged, touched: record.uids.length }
  }
  const commands = unpackFlagCommands(row.payload)
  let touched = 0
  commands.forEach((command, i) => {
    state.applyFlags(command, row.modSeq - commands.length + 1 + i)
    touched += command.uids.length
  })
  return { expunged: [], touched }
}

/**
 * Rows are counted: a row that is missing between the state and the head shows here (I3).
 * @throws TailGap
 */
export function requireContiguous(position: StatePosition, tail: MailboxTail): void {
  if (tail.head.floor > position.modSeq) throw new TailGap('the log was trimmed beyond the state')
  if (tail.head.changeSeq < position.changeSeq || tail.head.uidNext < position.uidNext) {
    throw new TailGap('the head went backwards')
  }
  let expected = position.changeSeq
  for (const row of tail.log) {
    if (row.changeSeq !== ++expected) throw new TailGap(`log row ${expected} is missing`)
  }
  if (expected !== tail.head.changeSeq) throw new TailGap('the log ends before the head')
}

import type { UidSpan } from '@posthouse/store'
import type { SourceMessage } from './imap-source.ts'

/** Messages whose UIDs are in none of the spans (both ascending). */
export function withoutKnown(
  messages: readonly SourceMessage[],
  known: readonly UidSpan[],
): readonly SourceMessage[] {
  let at = 0
  return messages
    .toSorted((a, b) => a.uid - b.uid)
    .filter(({ uid }) => {
      while (at < known.length && (known[at]?.end ?? 0) <= uid) at += 1
      return uid < (known[at]?.start ?? Infinity)
    })
}

/** UIDs of messages that are read, and committed, together. */
export function batchesOf(messages: readonly SourceMessage[]): readonly number[][] {
  const batches: number[][] = []
  let bytes = Infinity
  for (const { uid, size } of messages) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= batchMessages || bytes + size > batchBytes) {
      batches.push([uid])
      bytes = size
    } else {
      last.push(uid)
      bytes += size
    }
  }
  return batches
}

const batchMessages = 100
const batchBytes = 4 * 1024 * 1024

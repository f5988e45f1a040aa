import type { AppendMessage } from '@posthouse/imap-wire'
import { computeFacts } from '@posthouse/message'
import type { AppendRequest } from '@posthouse/store'
import { bad, no, type Completion } from '../session/completion.ts'
import type { Member } from '../session/context.ts'
import { refusal } from '../session/refusals.ts'

/** RFC 6855 §4. */
const notUtf8 = bad('UTF8 needs ENABLE UTF8=ACCEPT first')
const empty = no('A message cannot be empty', 'CANNOT')

/** Why a message that a client sends cannot be kept. */
export function messageFault(
  { octets, isUtf8, isBinary }: AppendMessage,
  { messageBytes, enabled }: Member,
): Completion | undefined {
  if (isUtf8 && !enabled.has('UTF8=ACCEPT')) return notUtf8
  if (octets.length > messageBytes) return refusal.tooBig
  if (octets.length === 0) return empty
  if (!octets.includes(0)) return undefined
  return isBinary ? refusal.binary : refusal.nul
}

/** The message as the store takes it, taken apart. */
export function requestOf({ octets, flags, date }: AppendMessage): AppendRequest {
  const request = { octets, facts: computeFacts(octets), flags }
  return date === undefined ? request : { ...request, receivedAt: date }
}

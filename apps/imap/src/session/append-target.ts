import {
  commandStart,
  Cursor,
  messageTarget,
  type CursorOptions,
  type Segment,
} from '@posthouse/imap-wire'
import type { Mailboxes } from '@posthouse/store'
import type { Completion } from './completion.ts'
import { refusal } from './refusals.ts'

/**
 * Why an APPEND or REPLACE will be refused, as far as its beginning shows it: a client that waits for the go-ahead is told
 * before it sends megabytes for nothing (RFC 3501 §6.3.11, TRYCREATE).
 *
 * @throws ImapSyntaxError, StoreUnavailable
 */
export async function refuseTarget(
  segments: readonly Segment[],
  options: CursorOptions,
  mailboxes: Mailboxes,
): Promise<Completion | undefined> {
  const cursor = new Cursor(segments, options)
  const { name } = commandStart(cursor)
  const found = await mailboxes.find(messageTarget(cursor, name))
  return found === undefined ? refusal.tryCreate : undefined
}

import { commandStart, Cursor, mailbox, space, type Segment } from '@posthouse/imap-wire'
import type { Mailboxes } from '@posthouse/store'
import type { Completion } from './completion.ts'
import { refusal } from './refusals.ts'

/**
 * Why an APPEND will be refused, as far as its beginning shows it: a client that waits for the go-ahead is told
 * before it sends megabytes for nothing (RFC 3501 §6.3.11, TRYCREATE).
 *
 * @throws ImapSyntaxError, StoreUnavailable
 */
export async function refuseTarget(
  segments: readonly Segment[],
  utf8: boolean,
  mailboxes: Mailboxes,
): Promise<Completion | undefined> {
  const cursor = new Cursor(segments, { utf8 })
  commandStart(cursor)
  space(cursor)
  const found = await mailboxes.find(mailbox(cursor))
  return found === undefined ? refusal.tryCreate : undefined
}

import {
  end,
  formatStatus,
  mailbox,
  space,
  statusItems,
  type StatusItem,
} from '@posthouse/imap-wire'
import type { MailboxId, MailboxStatus } from '@posthouse/store'
import { mailboxIdText } from '../mailbox/object-ids.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'

const values: Readonly<
  Record<StatusItem, (status: MailboxStatus, id: MailboxId) => number | string>
> = {
  MESSAGES: (status) => status.messages,
  RECENT: (status) => status.recent,
  UIDNEXT: (status) => status.uidNext,
  UIDVALIDITY: (status) => status.uidValidity,
  UNSEEN: (status) => status.unseen,
  SIZE: (status) => status.bytes,
  HIGHESTMODSEQ: (status) => status.highestModSeq,
  MAILBOXID: (_status, id) => `(${mailboxIdText(id)})`,
}

/** A STATUS response (RFC 3501 §7.2.4); `name` is spelt as the answer shall spell it. */
export function statusResponse(
  name: string,
  id: MailboxId,
  items: readonly StatusItem[],
  status: MailboxStatus,
): Buffer {
  return formatStatus(
    name,
    items.map((item) => [item, values[item](status, id)] as const),
  )
}

/** STATUS (RFC 3501 §6.3.10), with SIZE (RFC 8438) and HIGHESTMODSEQ (RFC 7162 §3.1.7) and MAILBOXID (RFC 8474 §4.3). */
export const status = command({
  names: ['STATUS'],
  state: 'member',
  capabilities: ['STATUS=SIZE'],
  parse(c) {
    space(c)
    const name = mailbox(c)
    space(c)
    const items = statusItems(c)
    end(c)
    return { name, items }
  },
  async *execute({ name, items }, { mailboxes, enabled }) {
    if (items.includes('HIGHESTMODSEQ')) enabled.add('CONDSTORE')
    const found = await mailboxes.find(name)
    if (found === undefined) return refusal.noSuchMailbox
    const figures = (await mailboxes.status([found.id])).get(found.id)
    if (figures === undefined) return refusal.noSuchMailbox
    yield statusResponse(found.name, found.id, items, figures)
    return ok('Done')
  },
})

import {
  end,
  formatStatus,
  mailbox,
  space,
  statusItems,
  type StatusItem,
} from '@posthouse/imap-wire'
import { mailboxIdText } from '@posthouse/mailbox-search'
import type { MailboxId, MailboxInfo, MailboxStatus } from '@posthouse/store'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import type { Member } from '../session/context.ts'
import { refusal } from '../session/refusals.ts'
import { deletedBytes } from './deleted-bytes.ts'

/** What STATUS tells, and the octets of \Deleted messages where they were asked for. */
interface StatusFigures extends MailboxStatus {
  readonly deletedBytes?: number
}

const values: Readonly<
  Record<StatusItem, (status: StatusFigures, id: MailboxId) => number | string>
> = {
  MESSAGES: (status) => status.messages,
  RECENT: (status) => status.recent,
  UIDNEXT: (status) => status.uidNext,
  UIDVALIDITY: (status) => status.uidValidity,
  UNSEEN: (status) => status.unseen,
  SIZE: (status) => status.bytes,
  HIGHESTMODSEQ: (status) => status.highestModSeq,
  DELETED: (status) => status.deleted,
  'DELETED-STORAGE': (status) => status.deletedBytes ?? 0,
  MAILBOXID: (_status, id) => `(${mailboxIdText(id)})`,
}

/** A STATUS response (RFC 3501 §7.2.4); `name` is spelt as the answer shall spell it. */
export async function statusResponse(
  member: Member,
  { id, name }: Pick<MailboxInfo, 'id' | 'name'>,
  items: readonly StatusItem[],
  status: MailboxStatus,
): Promise<Buffer> {
  const figures = items.includes('DELETED-STORAGE')
    ? { ...status, deletedBytes: await deletedBytes(member, id, status) }
    : status
  return formatStatus(
    name,
    items.map((item) => [item, values[item](figures, id)] as const),
    member.enabled.has('UTF8=ACCEPT'),
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
  async *execute({ name, items }, member) {
    const { mailboxes, enabled } = member
    if (items.includes('HIGHESTMODSEQ')) enabled.add('CONDSTORE')
    const found = await mailboxes.find(name)
    if (found === undefined) return refusal.noSuchMailbox
    const figures = (await mailboxes.status([found.id])).get(found.id)
    if (figures === undefined) return refusal.noSuchMailbox
    yield await statusResponse(member, found, items, figures)
    return ok('Done')
  },
})

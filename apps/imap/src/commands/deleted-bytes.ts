import type { MailboxId, MailboxStatus } from '@posthouse/store'
import type { Member } from '../session/context.ts'

const deleted = 8

/** Octets of the messages that carry \Deleted, for DELETED-STORAGE (RFC 9208 §4.1.4). Looked up where there are any. */
export async function deletedBytes(
  { store, account }: Pick<Member, 'store' | 'account'>,
  id: MailboxId,
  status: MailboxStatus,
): Promise<number> {
  if (status.deleted === 0) return 0
  const open = await store.open(account.id, id, { readOnly: true })
  if (open === undefined) return 0
  try {
    const { state } = open
    let bytes = 0
    for (let i = 0; i < state.size; i += 1) {
      if ((state.flagsAt(i) & deleted) !== 0) bytes += state.sizeAt(i)
    }
    return bytes
  } finally {
    open.close()
  }
}

import type { MailboxView, Store } from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { mailboxFiguresKind } from './mailbox-kinds.ts'

/** `posthouse mailbox stats ADDRESS`: what each mailbox holds, and what was made ready of it. */
export async function showMailboxStats(address: string, options: CommonOptions): Promise<void> {
  const terminal = terminalOf(options)
  await withStore(options, async (store) => {
    const account = await findAccount(store, address)
    const mailboxes = store.mailboxes(account.id)
    const list = await mailboxes.list()
    const [figures, layouts] = await Promise.all([
      mailboxes.status(list.map(({ id }) => id)),
      mailboxes.layouts(),
    ])
    const items = []
    for (const { id, name, uidValidity } of list) {
      const status = figures.get(id)
      if (status === undefined) continue
      const { messages, bytes, unseen, deleted, uidNext } = status
      const { segments = 0, indexed = 0, isStale = false } = layouts.get(id) ?? {}
      const span = await spanOf(store, account.id, id)
      const counts = { messages, bytes, unseen, deleted }
      const kept = { uidNext, uidValidity, segments, indexed, indexStale: isStale }
      items.push({ id: name, fields: { name, ...counts, ...span, ...kept } })
    }
    terminal.list(mailboxFiguresKind, items, [
      'name',
      'messages',
      'bytes',
      'unseen',
      'deleted',
      'oldest',
      'newest',
      'segments',
      'indexed',
    ])
    terminal.next('posthouse store index', `posthouse quota show ${address}`)
  })
}

interface Span {
  readonly oldest: string | null
  readonly newest: string | null
}

/** The earliest and the latest INTERNALDATE. */
async function spanOf(
  store: Store,
  account: Parameters<Store['open']>[0],
  mailbox: Parameters<Store['open']>[1],
): Promise<Span> {
  const open = await store.open(account, mailbox, { readOnly: true })
  if (open === undefined) return { oldest: null, newest: null }
  try {
    return datesOf(open.state)
  } finally {
    open.close()
  }
}

function datesOf(state: MailboxView): Span {
  let first = Infinity
  let last = -Infinity
  for (let i = 0; i < state.size; i += 1) {
    const received = state.receivedAt(i)
    first = Math.min(first, received)
    last = Math.max(last, received)
  }
  return { oldest: textOf(first), newest: textOf(last) }
}

function textOf(seconds: number): string | null {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString() : null
}

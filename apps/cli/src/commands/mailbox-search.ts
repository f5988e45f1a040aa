import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  prepareSearch,
  searchedMailbox,
  searchMessages,
  type SearchedMessage,
} from '@posthouse/mailbox-search'
import { decodeWords, headerFields, unfold } from '@posthouse/message'
import {
  uid,
  type AccountId,
  type MailboxInfo,
  type OpenMailbox,
  type Store,
} from '@posthouse/store'
import { terminalOf, type CommonOptions } from '../command-options.ts'
import { exitCodes } from '../exit-codes.ts'
import { stopOnInterrupt } from '../interruption.ts'
import type { ItemOf } from '../output/kind.ts'
import { Progress } from '../output/progress.ts'
import { withStore } from '../with-store.ts'
import { findAccount } from './find-account.ts'
import { foundMessageKind } from './mailbox-kinds.ts'
import { findMailbox } from './mailbox-of.ts'
import { parseQuery } from './mailbox-query.ts'
import { limitOf } from './list-bounds.ts'

/** More than anybody reads. */
const mostMessages = 100_000

const columns = ['mailbox', 'uid', 'received', 'from', 'subject', 'size'] as const

type Found = ItemOf<typeof foundMessageKind>

/** `posthouse mailbox search ADDRESS QUERY…`: what IMAP's SEARCH would find, in all mailboxes or one. */
export async function searchMail(
  address: string,
  query: readonly string[],
  options: CommonOptions & { readonly mailbox?: string | undefined; readonly limit: string },
): Promise<void> {
  const terminal = terminalOf(options)
  const program = parseQuery(query)
  const limit = limitOf(options.limit, mostMessages, 'messages', 'mailbox.limit')
  const signal = stopOnInterrupt(terminal)
  const progress = new Progress(terminal)
  await withStore(options, async (store) => {
    const account = (await findAccount(store, address)).id
    const all = store.mailboxes(account)
    const places =
      options.mailbox === undefined
        ? await all.list()
        : [await findMailbox(all, address, options.mailbox)]
    const found: Found[] = []
    for (const place of places) {
      if (signal.aborted || found.length >= limit) break
      const work = { store, account, program, signal, limit: limit - found.length }
      found.push(
        ...(await searchIn(place, work, (done, of) =>
          progress.tell(`${place.name}: ${done} of ${of} messages, ${found.length} found`, {
            done,
            of,
            found: found.length,
          }),
        )),
      )
    }
    progress.end()
    terminal.list(foundMessageKind, found, columns)
    if (signal.aborted) {
      process.exitCode = exitCodes.interrupted
      return terminal.talk('Stopped: there may be more. --mailbox looks at one alone.')
    }
    if (found.length >= limit)
      terminal.talk(`These are the first ${limit}; there may be more (--limit).`)
    const [first] = found
    if (first === undefined) return terminal.talk('Nothing was found.')
    const { mailbox, uid: number } = first.fields
    terminal.next(`posthouse mailbox export-message ${address} ${number} --mailbox "${mailbox}"`)
  })
}

interface Work {
  readonly store: Store
  readonly account: AccountId
  readonly program: ReturnType<typeof parseQuery>
  readonly signal: AbortSignal
  readonly limit: number
}

/** In one mailbox, by ascending UID. It is opened to be read: no message is \Recent to us, and none gets \Seen. */
async function searchIn(
  place: MailboxInfo,
  { store, account, program, signal, limit }: Work,
  told: (done: number, of: number) => void,
): Promise<readonly Found[]> {
  const open = await store.open(account, place.id, { readOnly: true })
  // Deleted meanwhile.
  if (open === undefined) return []
  try {
    const mailbox = searchedMailbox(open)
    const found: SearchedMessage[] = []
    for await (const step of searchMessages(mailbox, prepareSearch(mailbox, program), signal)) {
      found.push(...step.found)
      told(step.done, mailbox.numbers.size)
      if (found.length >= limit) break
    }
    return await itemsOf(open, place.name, found.slice(0, limit))
  } finally {
    open.close()
    await nextTurn()
  }
}

async function itemsOf(
  open: OpenMailbox,
  mailbox: string,
  found: readonly SearchedMessage[],
): Promise<readonly Found[]> {
  const heads = new Map<number, { readonly from: string; readonly subject: string }>()
  const uids = found.map((one) => uid(one.uid))
  for await (const facts of open.facts(uids, ['header', 'from', 'subject']))
    heads.set(facts.uid, headOf(facts))
  return found.map((one) => ({
    id: `${mailbox}/${one.uid}`,
    fields: {
      mailbox,
      uid: one.uid,
      received: new Date(one.received * 1000).toISOString(),
      size: one.size,
      flags: open.flagNames(one.flags),
      from: heads.get(one.uid)?.from ?? '',
      subject: heads.get(one.uid)?.subject ?? '',
    },
  }))
}

/** From and Subject as they are written; of a header that is too long to be kept, what is kept for searching. */
function headOf(facts: {
  readonly header: Buffer | null
  readonly from: string
  readonly subject: string
}): { readonly from: string; readonly subject: string } {
  const { header } = facts
  if (header === null) return { from: facts.from, subject: facts.subject }
  const fields = headerFields(header, { start: 0, end: header.length })
  const text = (name: string): string => {
    const field = fields.find((one) => one.name.toLowerCase() === name)
    return field === undefined ? '' : decodeWords(unfold(field.value)).trim()
  }
  return { from: text('from'), subject: text('subject') }
}

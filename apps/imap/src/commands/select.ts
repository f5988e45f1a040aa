import {
  end,
  formatExists,
  formatFlags,
  formatRecent,
  formatUntaggedStatus,
  selectArguments,
  space,
  type NumberRange,
  type QresyncArguments,
} from '@posthouse/imap-wire'
import { mailboxIdText } from '@posthouse/mailbox-search'
import { StoreUnavailable, type OpenMailbox } from '@posthouse/store'
import { fetchStates } from '../fetch/fetch-states.ts'
import { changedSince, resolveMessages } from '../mailbox/resolve-messages.ts'
import { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import { vanishedEarlier } from '../mailbox/vanished.ts'
import { command } from '../session/command.ts'
import { no, ok, type Completion } from '../session/completion.ts'
import type { Member } from '../session/context.ts'
import { refusal } from '../session/refusals.ts'

/** A failed SELECT leaves no mailbox selected (RFC 3501 §6.3.1). */
const noSuchMailbox = no('There is no such mailbox', 'NONEXISTENT', { kind: 'unselected' })

const unavailable = { ...refusal.unavailable, become: { kind: 'unselected' } as const }

/** The mailbox that was selected is not any more, whatever comes of this (RFC 7162 §3.2.11). */
const closed = formatUntaggedStatus('OK', 'The other mailbox is closed', 'CLOSED')

/** SELECT and EXAMINE: RFC 3501 §6.3.1, §6.3.2, with CONDSTORE and QRESYNC (RFC 7162 §3.1.8, §3.2.5). */
export const select = command({
  names: ['SELECT', 'EXAMINE'],
  state: 'member',
  parse(c, verb) {
    space(c)
    const args = selectArguments(c)
    end(c)
    return { ...args, readOnly: verb === 'EXAMINE' }
  },
  async *execute({ mailbox, readOnly, condstore, qresync }, context) {
    const { enabled } = context
    if (qresync !== undefined && !enabled.has('QRESYNC')) return refusal.notEnabled
    if (condstore) enabled.add('CONDSTORE')
    if (context.selected !== undefined) yield closed
    const opened = await openMailbox(context, mailbox, readOnly)
    if ('status' in opened) return opened
    const { open } = opened
    const selected = new SelectedMailbox(open, opened.name, enabled)
    let isHandedOver = false
    try {
      // All of one moment, before anything is waited for.
      const description = describe(selected, context.without)
      const missed = missedSince(selected, qresync)
      yield description
      if (missed !== undefined) yield* resynchronise(selected, missed)
      isHandedOver = true
      const code = readOnly ? 'READ-ONLY' : 'READ-WRITE'
      return ok('Selected', code, { kind: 'selected', mailbox: selected })
    } catch (error) {
      if (error instanceof StoreUnavailable) return unavailable
      throw error
    } finally {
      if (!isHandedOver) selected.close()
    }
  },
})

/** Opens it, or says why not; then no mailbox is selected any more. */
async function openMailbox(
  { account, store, mailboxes }: Member,
  wanted: string,
  readOnly: boolean,
): Promise<Completion | { readonly open: OpenMailbox; readonly name: string }> {
  try {
    const found = await mailboxes.find(wanted)
    const open = found && (await store.open(account.id, found.id, { readOnly }))
    return open === undefined ? noSuchMailbox : { open, name: found?.name ?? wanted }
  } catch (error) {
    if (error instanceof StoreUnavailable) return unavailable
    throw error
  }
}

/** What a client is told of a mailbox that it opens (RFC 3501 §6.3.1): all of one moment. */
function describe(selected: SelectedMailbox, without: ReadonlySet<string>): Buffer {
  const { state, toldModSeq } = selected.open
  const { uidValidity, uidNext } = state
  const unseen = selected.firstUnseen()
  return Buffer.concat([
    formatFlags(selected.flags.applicable()),
    formatUntaggedStatus('OK', 'Flags that stay', {
      code: 'PERMANENTFLAGS',
      flags: selected.flags.permanent(),
    }),
    formatExists(selected.numbers.size),
    formatRecent(selected.recent),
    unseen === 0
      ? Buffer.alloc(0)
      : formatUntaggedStatus('OK', 'First unseen', { code: 'UNSEEN', value: unseen }),
    without.has('OBJECTID')
      ? Buffer.alloc(0)
      : formatUntaggedStatus('OK', 'This mailbox', {
          code: 'MAILBOXID',
          id: mailboxIdText(selected.open.mailbox),
        }),
    formatUntaggedStatus('OK', 'UIDs valid', { code: 'UIDVALIDITY', value: uidValidity }),
    formatUntaggedStatus('OK', 'Next UID', { code: 'UIDNEXT', value: uidNext }),
    without.has('CONDSTORE')
      ? Buffer.alloc(0)
      : formatUntaggedStatus('OK', 'Highest', { code: 'HIGHESTMODSEQ', value: toldModSeq }),
  ])
}

/** What a client that comes back has to be told (RFC 7162 §3.2.5.1). */
interface Missed {
  readonly known: readonly NumberRange[]
  readonly changed: readonly SeqRange[]
  readonly modSeq: number
  readonly match: QresyncArguments['match']
}

/** Nothing, where the client knows another mailbox of this name. Without a list of known messages it knows all there were. */
function missedSince(
  selected: SelectedMailbox,
  qresync: QresyncArguments | undefined,
): Missed | undefined {
  const { uidValidity, uidNext } = selected.open.state
  if (qresync?.uidValidity !== uidValidity) return undefined
  const { modSeq, knownUids, match } = qresync
  const known = knownUids ?? (uidNext > 1 ? [{ first: 1, last: uidNext - 1 }] : [])
  const ranges = resolveMessages(selected, known, true) ?? []
  return { known, changed: changedSince(selected, ranges, modSeq), modSeq, match }
}

/** First what is gone, then the flags that have changed (RFC 7162 §3.2.6). */
async function* resynchronise(
  selected: SelectedMailbox,
  { known, changed, modSeq, match }: Missed,
): AsyncGenerator<Buffer, void> {
  yield await vanishedEarlier(selected, known, modSeq, match)
  yield* fetchStates(selected, changed, ['UID', 'FLAGS', 'MODSEQ'])
}

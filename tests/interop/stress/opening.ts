import assert from 'node:assert/strict'
import type { Condition } from './response.ts'
import type { Outcome, StressSession } from './session.ts'
import type { Known, View } from './view.ts'

/** What a session that knows QRESYNC keeps of a mailbox that it has left. */
interface Kept {
  readonly modSeq: number
  readonly messages: ReadonlyMap<number, Known>
}

const caches = new WeakMap<StressSession, Map<string, Kept>>()

/** SELECT or EXAMINE, resynchronising where the session knows how, and a look at all flags. */
export async function openMailbox(
  session: StressSession,
  mailbox: string,
  isReadOnly = false,
): Promise<void> {
  leave(session)
  const truth = session.truth(mailbox)
  const { uidNext, highestModSeq, dead, lasting } = truth
  const view = session.openingOf(mailbox, isReadOnly)
  const wasOpen = session.view !== undefined
  if (wasOpen) session.next = view
  else session.view = view
  const kept = cacheOf(session).get(mailbox)
  const codes = await select(session, mailbox, isReadOnly, kept)
  assert.equal(session.view, view, 'the mailbox before was not CLOSED')
  truth.sawUidValidity(Number(codes.get('UIDVALIDITY')))
  truth.sawUidNext(Number(codes.get('UIDNEXT')), uidNext)
  truth.sawHighestModSeq(Number(codes.get('HIGHESTMODSEQ')), highestModSeq)
  view.opened(Number(codes.get('UIDNEXT')))
  const told = view.known
  const resynced = kept === undefined ? undefined : resync(kept, view)
  await lookAtFlags(session)
  for (const uid of view.uids) assert.ok(!dead.has(uid), `UID ${uid} was gone before`)
  const present = new Set(view.uids)
  for (const uid of lasting)
    if (!present.has(uid)) assert.ok(!truth.isLasting(uid), `UID ${uid} of ${mailbox} is missing`)
  if (resynced !== undefined) compare(resynced, view, told)
}

/** Asks for the UIDs and flags of all messages. */
export async function lookAtFlags(session: StressSession): Promise<void> {
  const { view } = session
  if (view === undefined || view.size === 0) return
  const size = view.size
  const before = view.messages.slice()
  await session.ok(`FETCH 1:${size} (UID FLAGS${session.awareness === 'plain' ? '' : ' MODSEQ'})`)
  for (const { uid, flags } of before) assert.ok(uid > 0 && flags !== undefined, 'a FETCH left out')
}

/** CLOSE or UNSELECT. */
export async function closeMailbox(
  session: StressSession,
  verb: 'CLOSE' | 'UNSELECT',
): Promise<void> {
  leave(session)
  const { responses } = await session.ok(verb)
  assert.ok(!responses.some(({ kind }) => kind === 'expunge' || kind === 'vanished'), verb)
  session.view = undefined
}

/** Loses the connection, between two commands or in the middle of an answer, and comes back. */
export async function comeBack(session: StressSession, mailbox: string): Promise<void> {
  leave(session)
  if (session.random.below(3) === 0) await session.close()
  else {
    session.begin('NOOP')
    session.hangUp()
  }
  await session.connect()
  await openMailbox(session, mailbox, session.random.below(6) === 0)
}

/** The mailbox is left: what is known of it is kept, by those who can make use of it. */
function leave(session: StressSession): void {
  const { view } = session
  if (view === undefined || session.awareness !== 'qresync') return
  const known = view.messages.filter(({ uid, flags }) => uid > 0 && flags !== undefined)
  // Messages that came, and that nothing is known of yet, are above what is kept.
  const firstNew = view.messages.find(({ uid, flags }) => uid === 0 || flags === undefined)
  if (firstNew !== undefined) return void cacheOf(session).delete(view.opening.truth.name)
  const messages = new Map(known.map((one) => [one.uid, { ...one }]))
  cacheOf(session).set(view.opening.truth.name, { modSeq: view.known, messages })
}

async function select(
  session: StressSession,
  mailbox: string,
  isReadOnly: boolean,
  kept: Kept | undefined,
): Promise<ReadonlyMap<string, string>> {
  const verb = isReadOnly ? 'EXAMINE' : 'SELECT'
  const outcome = await session.ok(`${verb} ${mailbox}${parameter(session, mailbox, kept)}`)
  assert.equal(outcome.code, isReadOnly ? 'READ-ONLY' : 'READ-WRITE')
  const said = outcome.responses.filter((each): each is Condition => each.kind === 'condition')
  const codes = new Map(said.map(({ code, value }) => [code, value]))
  for (const code of ['UIDVALIDITY', 'UIDNEXT', 'PERMANENTFLAGS', 'HIGHESTMODSEQ'])
    assert.ok(codes.has(code), `${code} of ${mailbox}`)
  for (const kind of ['exists', 'recent', 'flags'])
    assert.ok(has(outcome, kind), `${kind} of ${mailbox}`)
  return codes
}

function has({ responses }: Outcome, kind: string): boolean {
  return responses.some((each) => each.kind === kind)
}

/** Half of those who know QRESYNC tell what UIDs they know. */
function parameter(session: StressSession, mailbox: string, kept: Kept | undefined): string {
  if (kept === undefined || kept.modSeq === 0 || session.awareness !== 'qresync') return ''
  const { uidValidity } = session.truth(mailbox)
  const uids = [...kept.messages.keys()]
  const known = uids.length > 0 && session.random.below(2) === 0 ? ` ${uids.join(',')}` : ''
  return ` (QRESYNC (${uidValidity} ${kept.modSeq}${known}))`
}

/** What the session knows when it has taken in what SELECT told. */
function resync(kept: Kept, view: View): ReadonlyMap<number, Known> {
  const messages = new Map(kept.messages)
  for (const uid of kept.messages.keys()) if (view.vanishedEarlier.has(uid)) messages.delete(uid)
  for (const one of view.messages)
    if (one.uid > 0 && one.flags !== undefined) messages.set(one.uid, { ...one })
  return messages
}

/** All flags were looked at: what the session thought, up to the HIGHESTMODSEQ it was told, was right. */
function compare(resynced: ReadonlyMap<number, Known>, view: View, told: number): void {
  const present = new Map(view.messages.map((one) => [one.uid, one]))
  for (const [uid, { flags, modSeq }] of resynced) {
    const now = present.get(uid)
    assert.ok(now !== undefined, `UID ${uid} has vanished, and was not told`)
    if (now.modSeq > told) continue
    assert.equal(now.flags, flags, `flags of UID ${uid} after QRESYNC`)
    assert.equal(now.modSeq, modSeq, `MODSEQ of UID ${uid} after QRESYNC`)
  }
}

function cacheOf(session: StressSession): Map<string, Kept> {
  const known = caches.get(session) ?? new Map<string, Kept>()
  caches.set(session, known)
  return known
}

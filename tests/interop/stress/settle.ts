import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { lookAtFlags, openMailbox } from './opening.ts'
import { foundIn, knowsAll } from './reading.ts'
import type { StressSession } from './session.ts'
import { messageOf } from './truth.ts'
import type { View } from './view.ts'

const patienceMs = 60_000

/**
 * Nobody changes anything any more: every session must come to see what a fresh one sees, and be told all of it; the
 * counters must be those of the messages; nothing acknowledged may be missing.
 */
export async function settle(
  sessions: readonly StressSession[],
  judge: StressSession,
): Promise<void> {
  for (const truth of judge.ground.truths.values()) {
    const { name } = truth
    await openMailbox(judge, name, true)
    const view = viewOf(judge)
    await bindWords(judge)
    await checkCounters(judge, name)
    const readers = sessions.filter((session) => session.view?.opening.truth === truth)
    for (const session of readers) await untilTold(session, () => agrees(session, judge))
    for (const session of readers) await checkNothingWasKeptBack(session, judge)
    // Now that all have been told of the dead, they may be forgotten.
    truth.settle(view.uids)
    const writer = readers.find(isWriter)
    if (writer === undefined) continue
    await checkOneChange(writer, readers, judge)
    await checkOneExpunge(writer, readers)
  }
}

/** One session changes one flag: all others are told, and told nothing else. */
async function checkOneChange(
  writer: StressSession,
  readers: readonly StressSession[],
  judge: StressSession,
): Promise<void> {
  const uid = viewOf(writer).uids[0] ?? 0
  const had = flagsOf(writer, uid).includes('$Forwarded')
  await writer.ok(`UID STORE ${uid} ${had ? '-' : '+'}FLAGS ($Forwarded)`)
  assert.equal(flagsOf(writer, uid).includes('$Forwarded'), !had, 'the writer itself was told')
  for (const reader of [...readers, judge])
    await untilTold(reader, () => flagsOf(reader, uid) === flagsOf(writer, uid))
  for (const reader of readers) assert.deepEqual(flagsByUid(reader), flagsByUid(judge), reader.name)
}

/** One session expunges one message: it is told how far it knows everything, and all others see it go. */
async function checkOneExpunge(
  writer: StressSession,
  readers: readonly StressSession[],
): Promise<void> {
  const { opening, uids } = viewOf(writer)
  const uid = uids.at(-1) ?? 0
  opening.truth.mayBeDeleted([uid])
  await writer.ok(`UID STORE ${uid} +FLAGS (\\Deleted)`)
  const { code, responses } = await writer.ok(`UID EXPUNGE ${uid}`)
  const gone = responses.filter(({ kind }) => kind === 'expunge' || kind === 'vanished')
  assert.equal(gone.length, 1, 'one message was expunged')
  // RFC 7162 §3.2.9.
  assert.equal(code, writer.awareness === 'qresync' ? 'HIGHESTMODSEQ' : '')
  for (const reader of readers) await untilTold(reader, () => !viewOf(reader).uids.includes(uid))
}

/** NOOPs until a session has been told; the news may be on its way from another process. */
async function untilTold(session: StressSession, isTold: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    await session.ok('NOOP')
    if (session.view !== undefined && !knowsAll(session.view)) await lookAtFlags(session)
    if (isTold()) return
    assert.ok(Date.now() < deadline, `${session.name} was never told`)
    await pause(20)
  }
}

function isWriter({ view }: StressSession): boolean {
  return view !== undefined && !view.opening.isReadOnly && view.size > 0
}

function agrees(session: StressSession, judge: StressSession): boolean {
  const [own, others] = [flagsByUid(session), flagsByUid(judge)]
  return own.size === others.size && [...own].every(([uid, flags]) => others.get(uid) === flags)
}

/** Asking again brings no news; what seemed kept back was of messages that are gone. */
async function checkNothingWasKeptBack(
  session: StressSession,
  judge: StressSession,
): Promise<void> {
  const view = viewOf(session)
  const before = flagsByUid(session)
  await lookAtFlags(session)
  assert.deepEqual(flagsByUid(session), before, session.name)
  assert.deepEqual(before, flagsByUid(judge), session.name)
  for (const uid of view.doubtful)
    assert.ok(!view.uids.includes(uid), `news of UID ${uid} was kept back from ${session.name}`)
  view.doubtful = []
}

async function bindWords(judge: StressSession): Promise<void> {
  if (viewOf(judge).size === 0) return
  await judge.ok('FETCH 1:* (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])')
}

/** STATUS and SEARCH against the messages themselves. */
async function checkCounters(judge: StressSession, name: string): Promise<void> {
  const view = viewOf(judge)
  const { truth } = view.opening
  const without = (flag: string) =>
    [...flagsByUid(judge).values()].filter((all) => !all.split(' ').includes(flag)).length
  const sizes = view.uids.map((uid) => messageOf(truth.wordOf(uid) ?? '').length)
  const outcome = await judge.ok(`STATUS ${name} (MESSAGES UNSEEN SIZE)`)
  const told = outcome.responses.find((each) => each.kind === 'status')
  assert.ok(told?.kind === 'status')
  assert.equal(told.items.get('MESSAGES'), view.size, `MESSAGES of ${name}`)
  assert.equal(told.items.get('UNSEEN'), without('\\Seen'), `UNSEEN of ${name}`)
  assert.equal(
    told.items.get('SIZE'),
    sizes.reduce((sum, size) => sum + size, 0),
    `SIZE of ${name}`,
  )
  for (const [key, flag] of [
    ['DELETED', '\\Deleted'],
    ['KEYWORD work', 'work'],
    ['FLAGGED', '\\Flagged'],
  ] as const) {
    const { numbers } = foundIn(await judge.ok(`UID SEARCH ${key}`))
    assert.equal(numbers.length, view.size - without(flag), `${key} in ${name}`)
  }
}

function flagsByUid(session: StressSession): ReadonlyMap<number, string> {
  return new Map(viewOf(session).messages.map(({ uid, flags = '?' }) => [uid, flags]))
}

function flagsOf(session: StressSession, uid: number): string {
  return viewOf(session).messages.find((one) => one.uid === uid)?.flags ?? ''
}

function viewOf(session: StressSession): View {
  assert.ok(session.view !== undefined)
  return session.view
}

import assert from 'node:assert/strict'
import { answeredUids, chooseSome, fetches } from './reading.ts'
import { expandSet, type Condition } from './response.ts'
import type { Outcome, StressSession } from './session.ts'
import { messageOf } from './truth.ts'
import type { View } from './view.ts'

const flagNames = [
  '\\Seen',
  '\\Flagged',
  '\\Answered',
  '\\Draft',
  '\\Deleted',
  'work',
  '$Junk',
] as const

let words = 0

/** APPEND of one message or several; each is there, under the UID that APPENDUID tells. */
export async function append(session: StressSession, mailbox: string): Promise<void> {
  const { random } = session
  const made = Array.from({ length: random.below(4) === 0 ? 3 : 1 }, () => {
    words += 1
    const flags = random.below(2) === 0 ? [] : [random.pick(flagNames)]
    return { word: `${session.name}w${words}`, flags }
  })
  const literals = made.map(({ word, flags }) => {
    const octets = messageOf(word)
    return `${flags.length === 0 ? '' : ` (${flags.join(' ')})`} {${octets.length}+}\r\n${octets}`
  })
  const outcome = await session.ok(`APPEND ${mailbox}${literals.join('')}`)
  assert.equal(outcome.code, 'APPENDUID')
  const [validity, set = ''] = outcome.value.split(' ')
  const truth = session.truth(mailbox)
  truth.sawUidValidity(Number(validity))
  const uids = expandSet(set)
  assert.equal(uids.length, made.length, 'a UID for each')
  for (const [at, uid] of uids.entries()) {
    const { word, flags } = made[at] ?? { word: '', flags: [] }
    truth.acknowledged(uid, word, flags.includes('\\Deleted'))
  }
}

/** STORE in all its forms. */
export async function store(session: StressSession): Promise<void> {
  const some = chooseSome(session)
  const { view, random, awareness } = session
  if (some === undefined || view === undefined) return
  const flags = [...new Set([random.pick(flagNames), random.pick(flagNames)])]
  const op = random.pick(['+FLAGS', '-FLAGS', 'FLAGS'])
  if (flags.includes('\\Deleted') && op !== '-FLAGS') view.opening.truth.mayBeDeleted(some.allUids)
  const isSilent = random.below(3) === 0
  const since = random.pick(some.uids.map((uid) => modSeqOf(view, uid)) as [number, ...number[]])
  const isConditional = awareness !== 'plain' && since > 0 && random.below(3) === 0
  const byUid = random.below(2) === 0
  const stale = isConditional ? newerThan(view, some.uids, since) : []
  const condition = isConditional ? ` (UNCHANGEDSINCE ${since})` : ''
  const command = `STORE ${byUid ? some.uidRange : some.numbers}${condition} ${op}${isSilent ? '.SILENT' : ''}`
  const numbers = new Map(view.messages.map(({ uid }, at) => [at + 1, uid]))
  const outcome = await session.ask(`${byUid ? 'UID ' : ''}${command} (${flags.join(' ')})`)
  if (view.opening.isReadOnly) return assert.equal(outcome.status, 'NO', 'STORE after EXAMINE')
  assert.ok(outcome.status === 'OK' || outcome.code === 'EXPUNGEISSUED', outcome.text)
  if (isSilent && awareness === 'plain') forgetFlags(view, some.allUids)
  const spared = new Set(modified(outcome).map((n) => (byUid ? n : (numbers.get(n) ?? 0))))
  const isTold = !isSilent || isConditional
  if (isTold) checkTold(view, outcome, some.uids, spared, byUid)
  if (stale.length > 0) await checkSpared(session, view, stale, spared)
}

/** COPY and MOVE: the copies are the messages that COPYUID says, and what was moved is gone from here. */
export async function copyOrMove(session: StressSession, target: string): Promise<void> {
  const some = chooseSome(session, 5)
  const { view, random } = session
  if (some === undefined || view === undefined) return
  const source = view.opening.truth
  const moves = random.below(3) === 0 && target !== source.name
  if (moves) source.mayBeMoved(some.allUids)
  const byUid = random.below(2) === 0
  const what = `${moves ? 'MOVE' : 'COPY'} ${byUid ? some.uidRange : some.numbers} ${target}`
  const outcome = await session.ask(byUid ? `UID ${what}` : what)
  if (moves && view.opening.isReadOnly)
    return assert.equal(outcome.status, 'NO', 'MOVE after EXAMINE')
  if (outcome.status === 'NO') return assert.equal(outcome.code, 'EXPUNGEISSUED', outcome.text)
  const told = [outcome, ...outcome.responses]
    .filter((each): each is Condition => 'code' in each)
    .find(({ code }) => code === 'COPYUID')
  if (told === undefined) return
  const [validity, from = '', to = ''] = told.value.split(' ')
  const truth = session.truth(target)
  truth.sawUidValidity(Number(validity))
  const [sources, copies] = [expandSet(from), expandSet(to)]
  assert.equal(sources.length, copies.length, 'a copy for each')
  for (const [at, uid] of sources.entries()) {
    assert.ok(some.allUids.includes(uid), `COPYUID of UID ${uid}, which nobody asked for`)
    const word = source.wordOf(uid)
    if (word !== undefined) truth.acknowledged(copies[at] ?? 0, word, source.isDeletable(uid))
    if (!moves) continue
    assert.ok(!view.uids.includes(uid), `UID ${uid} was moved, and is still here`)
    source.died(uid)
  }
}

/** EXPUNGE and UID EXPUNGE: nothing goes that had no \Deleted. */
export async function expunge(session: StressSession): Promise<void> {
  const some = chooseSome(session, 40)
  const { view, random } = session
  if (some === undefined || view === undefined) return
  const outcome = await session.ask(
    random.below(2) === 0 ? 'EXPUNGE' : `UID EXPUNGE ${some.uidRange}`,
  )
  if (view.opening.isReadOnly) return assert.equal(outcome.status, 'NO', 'EXPUNGE after EXAMINE')
  assert.equal(outcome.status, 'OK', outcome.text)
}

function modSeqOf(view: View, uid: number): number {
  return view.messages.find((one) => one.uid === uid)?.modSeq ?? 0
}

function newerThan(view: View, uids: readonly number[], since: number): readonly number[] {
  return uids.filter((uid) => modSeqOf(view, uid) > since)
}

function forgetFlags(view: View, uids: readonly number[]): void {
  for (const one of view.messages) if (uids.includes(one.uid)) one.flags = undefined
}

function modified(outcome: Outcome): readonly number[] {
  return outcome.code === 'MODIFIED' ? expandSet(outcome.value) : []
}

/** Every message that was changed, or was not by now what it was, has told its flags or its mod-sequence. */
function checkTold(
  view: View,
  outcome: Outcome,
  uids: readonly number[],
  spared: ReadonlySet<number>,
  byUid: boolean,
): void {
  const byNumber = fetches(outcome).map(({ number }) => view.messages[number - 1]?.uid ?? 0)
  const answered = byUid ? answeredUids(outcome) : new Set(byNumber)
  for (const uid of uids)
    if (!spared.has(uid))
      assert.ok(answered.has(uid) || !view.uids.includes(uid), `STORE says nothing of UID ${uid}`)
}

/** What the session knew to have changed since must have been spared (RFC 7162 §3.1.3). */
async function checkSpared(
  session: StressSession,
  view: View,
  stale: readonly number[],
  spared: ReadonlySet<number>,
): Promise<void> {
  await session.ok('NOOP')
  for (const uid of stale)
    assert.ok(spared.has(uid) || !view.uids.includes(uid), `UID ${uid} was not spared`)
}

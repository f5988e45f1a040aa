import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { textOf, wordsOf } from './datum.ts'
import type { FetchResponse, Found } from './response.ts'
import type { Outcome, StressSession } from './session.ts'
import { messageOf } from './truth.ts'
import type { View } from './view.ts'

/** Some messages of a view, one after another, all of whose UIDs are known. */
export interface Some {
  /** `3:7`. */
  readonly numbers: string
  /** Their UIDs as a range; it may hold others' too, which came or went. */
  readonly uidRange: string
  /** From the first to the last UID of the range. */
  readonly allUids: readonly number[]
  readonly uids: readonly number[]
}

/** Chooses some messages; nothing where none is known. */
export function chooseSome(session: StressSession, most = 12): Some | undefined {
  const { view, random } = session
  const known = view === undefined || view.firstUnknown === 0 ? view?.size : view.firstUnknown - 1
  if (view === undefined || known === undefined || known === 0) return undefined
  const first = random.below(known) + 1
  const last = Math.min(known, first + random.below(most))
  const uids = view.uids.slice(first - 1, last)
  const [low = 0, high = 0] = [uids[0], uids.at(-1)]
  const allUids = Array.from({ length: high - low + 1 }, (_, at) => low + at)
  const numbers = random.below(8) === 0 ? `${last}:${first}` : `${first}:${last}`
  return { numbers, uidRange: `${low}:${high}`, allUids, uids }
}

const facts = [
  'RFC822.SIZE INTERNALDATE',
  'BODY.PEEK[HEADER.FIELDS (SUBJECT)] RFC822.SIZE',
  'BODY.PEEK[]',
  'ENVELOPE BODYSTRUCTURE',
  'EMAILID THREADID SAVEDATE',
] as const

/** FETCH and UID FETCH: every message that was asked for answers, with all that was asked for. */
export async function fetchSome(session: StressSession): Promise<void> {
  const some = chooseSome(session)
  const { view, random } = session
  if (some === undefined || view === undefined) return
  const flags = session.awareness === 'plain' ? 'FLAGS' : 'FLAGS MODSEQ'
  const items = random.pick([flags, ...facts])
  const byUid = random.below(2) === 0
  const messages = byUid ? some.uidRange : some.numbers
  const outcome = await session.ask(`${byUid ? 'UID ' : ''}FETCH ${messages} (UID ${items})`)
  if (outcome.status === 'NO') return assert.equal(outcome.code, 'EXPUNGEISSUED')
  const answered = answeredUids(outcome)
  for (const uid of some.uids)
    assert.ok(answered.has(uid) || !view.uids.includes(uid), `no answer for UID ${uid}`)
}

/** CHANGEDSINCE (RFC 7162 §3.1.4): nothing older, and nothing left out that the session knows to be newer. */
export async function fetchChanges(session: StressSession): Promise<void> {
  const { view, awareness, random } = session
  if (view === undefined || awareness === 'plain') return fetchSome(session)
  const since = random.pick([view.known, ...view.messages.map(({ modSeq }) => modSeq)])
  if (since === 0) return fetchSome(session)
  const newer = view.messages.filter(({ uid, modSeq }) => uid > 0 && modSeq > since)
  const vanished = awareness === 'qresync' && random.below(2) === 0 ? ' VANISHED' : ''
  const command = `UID FETCH 1:* (FLAGS MODSEQ) (CHANGEDSINCE ${since}${vanished})`
  const outcome = await session.ok(command)
  const answered = answeredUids(outcome)
  for (const { uid } of newer)
    assert.ok(answered.has(uid) || !view.uids.includes(uid), `no change of UID ${uid}`)
  for (const { items } of fetches(outcome))
    assert.ok(Number(wordsOf(items.get('MODSEQ'))[0]) > since, `older than ${since}`)
}

/** SEARCH by what does not change; what must be found is known. */
export async function search(session: StressSession): Promise<void> {
  const some = chooseSome(session)
  const { view, random } = session
  if (some === undefined || view === undefined) return
  const { truth } = view.opening
  const word = truth.wordOf(some.uids[0] ?? 0) ?? 'nothing'
  const size = messageOf(word).length
  const wordIs = (uid: number): boolean | undefined => {
    const known = truth.wordOf(uid)
    return known === undefined ? undefined : known === word
  }
  const isLarger = (uid: number): boolean | undefined => {
    const known = truth.wordOf(uid)
    return known === undefined ? undefined : messageOf(known).length > size
  }
  const [key, matches] = random.pick<readonly [string, (uid: number) => boolean | undefined]>([
    ['ALL', () => true],
    [`SUBJECT ${word}`, wordIs],
    [`HEADER Message-ID "<${word}@"`, wordIs],
    [`UID ${some.uidRange}`, (uid) => some.allUids.includes(uid)],
    [`LARGER ${size}`, isLarger],
    ['NOT DELETED DELETED', () => false],
    ['OR SEEN UNSEEN', () => true],
  ])
  const options = random.pick(['', '', 'RETURN (ALL COUNT) ', 'RETURN (MIN MAX ALL COUNT) '])
  const found = foundIn(await askFound(session, `UID SEARCH ${options}${key}`))
  checkExtended(found)
  const there = new Set(found.numbers)
  for (const uid of some.uids) {
    const isWanted = matches(uid)
    if (isWanted === undefined || !view.uids.includes(uid)) continue
    assert.equal(there.has(uid), isWanted, `UID ${uid} by ${key}`)
  }
}

/** SEARCH ALL, SORT and THREAD by number: each number once, none that the session cannot know. */
export async function countAll(session: StressSession): Promise<void> {
  const { view, random } = session
  if (view === undefined) return
  const command = random.pick([
    'SEARCH ALL',
    'SORT (SIZE) UTF-8 ALL',
    'THREAD ORDEREDSUBJECT UTF-8 ALL',
  ])
  const before = view.messages.slice()
  const outcome = await session.ok(command)
  const { numbers } = outcome.responses.find((each) => each.kind === 'thread') ?? foundIn(outcome)
  assert.equal(new Set(numbers).size, numbers.length, 'a number twice')
  assert.ok(Math.max(0, ...numbers) <= view.size, 'a number beyond EXISTS')
  // What others have expunged may be left out, though this session was not told yet.
  const left = before.filter((_, at) => !numbers.includes(at + 1))
  if (left.length > 0) await session.ok('NOOP')
  for (const one of left)
    assert.ok(!view.messages.includes(one), `${command} left out UID ${one.uid}`)
}

/** STATUS and LIST-STATUS of some mailbox: numbers that may not fall do not. */
export async function status(session: StressSession, mailbox: string): Promise<void> {
  const truth = session.truth(mailbox)
  const { uidNext, highestModSeq } = truth
  // To ask for it makes a session aware of mod-sequences (RFC 7162 §3.1.2).
  const isAware = session.awareness !== 'plain'
  const items = `(MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY${isAware ? ' HIGHESTMODSEQ' : ''} SIZE)`
  const isList = session.random.below(3) === 0
  const outcome = await session.ok(
    isList ? `LIST "" ${mailbox} RETURN (STATUS ${items})` : `STATUS ${mailbox} ${items}`,
  )
  const told = outcome.responses.find((each) => each.kind === 'status')
  assert.ok(told?.kind === 'status' && told.name === mailbox, 'a STATUS response')
  const of = (item: string): number => {
    const value = told.items.get(item)
    assert.ok(value !== undefined, `${item} of ${mailbox}`)
    return value
  }
  truth.sawUidValidity(of('UIDVALIDITY'))
  truth.sawUidNext(of('UIDNEXT'), uidNext)
  if (isAware) truth.sawHighestModSeq(of('HIGHESTMODSEQ'), highestModSeq)
  assert.ok(of('UNSEEN') <= of('MESSAGES') && of('RECENT') <= of('MESSAGES'))
}

/** IDLE for a moment; DONE and the next command in one packet, as some clients send them. */
export async function idle(session: StressSession): Promise<void> {
  const tag = session.begin('IDLE')
  await session.untilContinued()
  await pause(session.random.below(40))
  session.send('DONE\r\n')
  if (session.random.below(3) > 0) return void (await session.finish(tag, 'IDLE'))
  const next = session.begun('NOOP')
  await session.finish(tag, 'IDLE')
  await session.finish(next, 'NOOP')
}

/** Several commands at once; they are answered in their order. */
export async function pipeline(session: StressSession): Promise<void> {
  const some = chooseSome(session)
  if (some === undefined) return
  const items = session.awareness === 'plain' ? '(FLAGS)' : '(FLAGS MODSEQ)'
  const commands = [
    `UID FETCH ${some.uidRange} ${items}`,
    'UID SEARCH UNSEEN',
    'NOOP',
    `UID FETCH ${some.uidRange} (RFC822.SIZE)`,
    'CHECK',
  ]
  const tags = commands.map((command, at) =>
    at === 0 ? session.begin(command) : session.begun(command),
  )
  for (const [at, tag] of tags.entries()) {
    const outcome = await session.finish(tag, commands[at] ?? '')
    assert.equal(outcome.status, 'OK', commands[at])
  }
}

/** UIDs of the FETCH responses of a command. */
export function answeredUids(outcome: Outcome): ReadonlySet<number> {
  const uids = fetches(outcome).map(({ items }) => items.get('UID'))
  return new Set(uids.filter((uid) => uid !== undefined).map((uid) => Number(textOf(uid))))
}

/** The FETCH responses of a command. */
export function fetches({ responses }: Outcome): readonly FetchResponse[] {
  return responses.filter((each) => each.kind === 'fetch')
}

/** The one SEARCH, SORT or ESEARCH response of a command. */
export function foundIn({ responses }: Outcome): Found {
  const found = responses.filter((each) => each.kind === 'found')
  assert.equal(found.length, 1, 'one response with what was found')
  const [only] = found
  assert.ok(only !== undefined)
  return only
}

/** Sends a UID SEARCH; ESEARCH answers must carry its tag. */
async function askFound(session: StressSession, command: string): Promise<Outcome> {
  const tag = session.begin(command)
  const outcome = await session.finish(tag, command)
  assert.equal(outcome.status, 'OK', command)
  const found = foundIn(outcome)
  assert.equal(found.isExtended, command.includes('RETURN'), 'SEARCH or ESEARCH')
  if (!found.isExtended) return outcome
  assert.equal(found.tag, tag)
  assert.ok(found.isUid, 'ESEARCH of UIDs')
  return outcome
}

/** RFC 4731 §3.1: MIN, MAX and COUNT are those of ALL. */
function checkExtended({ facts: told, numbers, isExtended }: Found): void {
  if (!isExtended) return
  assert.equal(told.get('COUNT'), numbers.length)
  if (told.has('MIN')) assert.equal(told.get('MIN'), Math.min(...numbers))
  if (told.has('MAX')) assert.equal(told.get('MAX'), Math.max(...numbers))
}

/** Tells whether every message's flags are known. */
export function knowsAll(view: View): boolean {
  return view.messages.every(({ uid, flags }) => uid > 0 && flags !== undefined)
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reply } from '@posthouse/smtp'
import type { PaceNote, PaceRecord } from '@posthouse/store'
import type { Meaning } from './answer-meaning.ts'
import { paceLimits } from './pace-limits.ts'
import { ProviderPace } from './provider-pace.ts'
import { randomFrom, someSeed } from './random.fixture.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:00:00Z')

const taken: Meaning = { kind: 'taken' }
const heard: Meaning = { kind: 'heard' }
const slower: Meaning = {
  kind: 'slower',
  because: 'rate',
  reply: reply(421, '4.7.28', 'too many'),
}
const unwanted: Meaning = { kind: 'unwanted', reply: reply(554, '5.7.1', 'blocked') }
const trouble: Meaning = { kind: 'trouble', reply: undefined, text: 'cut' }

/** A pace with a clock that tests move. */
class Subject {
  now = START
  readonly told: string[] = []
  readonly pace: ProviderPace

  constructor({ isHouse = false, record }: { isHouse?: boolean; record?: PaceRecord } = {}) {
    this.pace = new ProviderPace(
      { provider: 'big.test', source: '192.0.2.1', isHouse },
      paceLimits,
      (what) => this.told.push(what),
      { now: record === undefined ? START : record.changedAt.getTime(), ...(record && { record }) },
    )
  }

  /** Sends when it may, and has this answered; false when it may not. */
  send(meaning: Meaning): boolean {
    const turn = this.pace.turn(this.now)
    if (turn.kind === 'probe') this.pace.probe(true, this.now)
    else if (turn.kind !== 'go') return false
    else this.pace.begin()
    this.answer(meaning)
    return true
  }

  answer(meaning: Meaning): void {
    this.now += 1
    this.pace.answered(meaning, 'mx.big.test', { begunAt: this.now, now: this.now })
  }

  /** As many as may go within so long. */
  sendFor(ms: number, meaning: Meaning = taken): number {
    const end = this.now + ms
    let count = 0
    while (this.now < end) {
      if (this.send(meaning)) count += 1
      else {
        const turn = this.pace.turn(this.now)
        this.now = Math.min(end, this.now + ('ms' in turn ? turn.ms : 1))
      }
    }
    return count
  }
}

function recordOf(note: PaceNote | undefined, changedAt: number, worker = 'w'): PaceRecord {
  assert.ok(note !== undefined)
  return { ...note.state, delivered: note.delivered, worker, changedAt: new Date(changedAt) }
}

test('a provider gets one connection at first, and one more for each round that it takes', () => {
  const subject = new Subject({ isHouse: true })
  const seen: number[] = []
  for (let n = 0; n < 200; n += 1) {
    if (seen.at(-1) !== connections(subject)) seen.push(connections(subject))
    subject.send(taken)
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, at) => at + 1),
  )
})

test('an address that is new there sends a burst and then slowly, twice as much each day, and at last freely', () => {
  const subject = new Subject()
  const first = subject.sendFor(10 * MINUTE)
  assert.ok(first >= 690 && first <= 701, `${first}`)
  subject.now += DAY
  subject.sendFor(1 * MINUTE)
  const second = subject.sendFor(10 * MINUTE)
  assert.ok(second >= 399 && second <= 900, `${second}`)
  for (let day = 0; day < 10; day += 1) {
    subject.now += DAY
    subject.send(taken)
  }
  assert.ok(subject.sendFor(MINUTE) > 10_000)
})

test('a restart is no new beginning: neither the ramp nor its burst', () => {
  const before = new Subject()
  before.sendFor(30 * MINUTE)
  const record = recordOf(before.pace.takeNote(), before.now)
  assert.equal(record.ramp, 20)
  assert.ok(record.delivered > 1_000)
  const after = new Subject({ record })
  after.now = before.now
  assert.ok(after.sendFor(10 * MINUTE) <= 201)
})

test('a complaint halves what went lately, and time gives it back', () => {
  const subject = new Subject({ isHouse: true })
  for (let n = 0; n < 120; n += 1) {
    subject.send(taken)
    subject.now += 500
  }
  subject.send(slower)
  assert.deepEqual(subject.told, ['slowed'])
  const rate = subject.pace.takeNote()?.state.rate ?? 0
  assert.ok(rate >= 55 && rate <= 65, `${rate}`)
  const sent = subject.sendFor(MINUTE)
  assert.ok(sent <= rate * 1.25 + 12, `${sent} at ${rate}`)
  subject.now += 2 * HOUR
  assert.ok(subject.sendFor(1_000) > 500)
})

test('answers to what was begun before the last cut are about the same thing', () => {
  const subject = new Subject({ isHouse: true })
  const begunAt = subject.now
  subject.now += 1_000
  for (let n = 0; n < 20; n += 1) {
    subject.pace.answered(slower, 'mx', { begunAt, now: subject.now })
  }
  assert.deepEqual(subject.told, ['slowed'])
})

test('greylisting and full mailboxes slow nobody down', () => {
  const subject = new Subject({ isHouse: true })
  for (let n = 0; n < 100; n += 1) subject.send(heard)
  assert.deepEqual(subject.told, [])
  assert.equal(subject.pace.turn(subject.now).kind, 'go')
})

test('after complaints in a row it is left alone, 5, 10, 20 minutes and so on, until one message is taken', () => {
  const subject = new Subject({ isHouse: true })
  subject.sendFor(2 * MINUTE, slower)
  assert.deepEqual(subject.told, ['slowed', 'slowed', 'suspended'])
  const pauses: number[] = []
  for (let n = 0; n < 8; n += 1) {
    const turn = subject.pace.turn(subject.now)
    assert.equal(turn.kind, 'suspended')
    const ms = 'ms' in turn ? turn.ms : 0
    pauses.push(Math.round(ms / MINUTE))
    subject.now += ms
    assert.equal(subject.send(n === 7 ? taken : slower), true)
  }
  assert.deepEqual(pauses.slice(1), [10, 20, 40, 80, 120, 120, 120])
  assert.equal(subject.told.at(-1), 'resumed')
  assert.equal(connections(subject), 2)
  assert.notEqual(subject.pace.turn(subject.now + MINUTE).kind, 'suspended')
})

test('while one message finds out the others wait, and go on when it was not sent after all', () => {
  const subject = new Subject()
  for (let n = 0; n < 10; n += 1) subject.answer(trouble)
  assert.deepEqual(subject.told, ['suspended'])
  subject.now += 6 * MINUTE
  assert.equal(subject.pace.turn(subject.now).kind, 'probe')
  subject.pace.probe(true, subject.now)
  assert.equal(subject.pace.turn(subject.now).kind, 'wait')
  subject.pace.probeLost(subject.now)
  assert.equal(subject.pace.turn(subject.now).kind, 'probe')
  subject.pace.probe(false, subject.now)
  assert.equal(subject.pace.turn(subject.now).kind, 'suspended')
  subject.now += MINUTE
  assert.equal(subject.pace.turn(subject.now).kind, 'probe')
})

test('who refuses us gets five messages and then one now and then; after a day his refusals go to the senders', () => {
  const subject = new Subject()
  assert.equal(subject.sendFor(HOUR, unwanted), 5 + 3)
  const [until] = [subject.now + DAY]
  let refused = 0
  while (subject.now < until) refused += subject.sendFor(HOUR, unwanted)
  assert.ok(subject.pace.suspension.isResigned)
  assert.ok(refused < 100 + 3_600, `${refused}`)
  for (let n = 0; n < 30; n += 1) assert.ok(subject.pace.turn(subject.now).kind !== 'suspended')
  subject.answer(taken)
  assert.equal(subject.pace.suspension.isResigned, false)
})

test('a suspension outlives the process, and an operator ends it in all of them', () => {
  const before = new Subject()
  for (let n = 0; n < 10; n += 1) before.answer(trouble)
  const record = recordOf(before.pace.takeNote(), before.now)
  const after = new Subject({ record })
  after.now = before.now + MINUTE
  assert.equal(after.pace.turn(after.now).kind, 'suspended')
  const resumed = { suspendedUntil: undefined, suspensions: 0, worker: '' }
  after.pace.adopt({ ...record, ...resumed }, after.now)
  before.pace.adopt({ ...record, ...resumed }, before.now)
  assert.equal(after.pace.turn(after.now).kind, 'go')
  assert.equal(before.pace.turn(before.now).kind, 'go')
})

test('workers that send from one address share what it may', () => {
  const subject = new Subject()
  subject.pace.share(4, subject.now)
  const sent = subject.sendFor(20 * MINUTE)
  assert.ok(sent <= 125 + 101, `${sent}`)
  for (let n = 0; n < 300; n += 1) subject.answer(taken)
  assert.equal(connections(subject), 5)
})

test('whatever a provider answers, its rate is kept to, and it always recovers', (t) => {
  const seed = someSeed()
  t.diagnostic(`seed ${seed}`)
  const random = randomFrom(seed)
  const answers = [taken, taken, taken, heard, slower, unwanted, trouble]
  for (let round = 0; round < 60; round += 1) {
    const subject = new Subject({ isHouse: random() < 0.5 })
    for (let step = 0; step < 200; step += 1) {
      const answer = answers[Math.floor(random() * answers.length)] ?? taken
      if (!subject.send(answer)) subject.now += Math.floor(random() * 3 * MINUTE)
      const { rate } = subject.pace.takeNote()?.state ?? {}
      assert.ok(rate === undefined || (rate >= paceLimits.lowestRate && rate < paceLimits.rateTop))
      assert.ok(connections(subject) >= 1 && connections(subject) <= paceLimits.connections)
    }
    for (let day = 0; day < 20; day += 1) {
      subject.now += DAY
      subject.send(taken)
    }
    subject.now += HOUR
    assert.ok(subject.sendFor(10_000) > 5_000, `seed ${seed}, round ${round}`)
  }
})

function connections({ pace }: Subject): number {
  let count = 0
  while (pace.gate.tryEnter()) count += 1
  for (let n = 0; n < count; n += 1) pace.gate.leave()
  return count
}

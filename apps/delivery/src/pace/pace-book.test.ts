import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { reply } from '@posthouse/smtp'
import { silentLog } from '@posthouse/telemetry'
import { startSuite, testActor } from '@posthouse/testkit'
import { eventually } from '../delivery.fixture.ts'
import type { Meaning } from './answer-meaning.ts'
import { PaceBook } from './pace-book.ts'
import { paceLimits } from './pace-limits.ts'
import type { ProviderPace } from './provider-pace.ts'
import { sourceAddressFor } from './source-address.ts'

const suite = await startSuite({ apps: [] })
after(() => suite.stop())

const MINUTE = 60_000
const key = (provider: string) => ({ provider, source: '192.0.2.1', isHouse: false })
const unwanted: Meaning = { kind: 'unwanted', reply: reply(554, '5.7.1', 'blocked') }

/** A worker's book, with a clock that tests move. */
async function bookOf(worker: string) {
  const clock = { now: Date.now() }
  const { pace: store } = suite.store
  const now = () => clock.now
  const book = new PaceBook({ store, worker, limits: paceLimits, log: silentLog, now })
  await book.load()
  return { book, clock }
}

function refuse(pace: ProviderPace, now: number): void {
  for (let n = 0; n < 5; n += 1) pace.answered(unwanted, 'mx', { begunAt: now, now })
}

test('a suspension is there after a restart, and for a worker that begins later', async () => {
  const first = await bookOf('one')
  refuse(first.book.of(key('a.test')), first.clock.now)
  await first.book.close()
  const second = await bookOf('two')
  const pace = second.book.of(key('a.test'))
  assert.equal(pace.turn(second.clock.now).kind, 'suspended')
  assert.equal(pace.lastWords?.text, 'blocked')
  second.clock.now += 6 * MINUTE
  assert.equal(pace.turn(second.clock.now).kind, 'probe')
  // By the store's clock it is not due yet.
  assert.equal(await second.book.probe(pace), false)
  await second.book.close()
})

test('an operator ends a suspension in workers that run', async () => {
  const { book, clock } = await bookOf('three')
  const pace = book.of(key('b.test'))
  refuse(pace, clock.now)
  await book.flush()
  assert.equal(pace.turn(clock.now).kind, 'suspended')
  assert.equal(await suite.store.pace.resume('b.test', testActor), 1)
  await eventually(
    'the end of the suspension',
    () => pace.turn(clock.now).kind === 'go' || undefined,
  )
  await book.close()
})

test('of two workers one finds out, and the other waits for its word', async () => {
  const limits = { ...paceLimits, suspensionMs: 1 }
  const { pace: store } = suite.store
  const books = ['four', 'five'].map(
    (worker) => new PaceBook({ store, worker, limits, log: silentLog }),
  )
  const [one, two] = books
  assert.ok(one !== undefined && two !== undefined)
  refuse(one.of(key('c.test')), Date.now())
  await one.flush()
  await two.load()
  const asked = await eventually('one of them', async () => {
    const won = await Promise.all(books.map((book) => book.probe(book.of(key('c.test')))))
    return won.some(Boolean) ? won : undefined
  })
  assert.equal(asked.filter(Boolean).length, 1)
  await Promise.all(books.map((book) => book.close()))
})

test('what was delivered is counted over all workers', async () => {
  for (const worker of ['six', 'seven']) {
    const { book, clock } = await bookOf(worker)
    const pace = book.of(key('d.test'))
    for (let n = 0; n < 3; n += 1) {
      pace.answered({ kind: 'taken' }, 'mx', { begunAt: clock.now, now: clock.now })
    }
    await book.close()
  }
  const known = await suite.store.pace.list()
  assert.equal(known.find(({ provider }) => provider === 'd.test')?.delivered, 6)
})

test('the address that a host would see is the one that the system would send from', async () => {
  assert.equal(await sourceAddressFor('127.0.0.1'), '127.0.0.1')
  assert.equal(await sourceAddressFor('no address'), '')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import type { KeptStsPolicy, TlsLedger } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { failure } from './failure.ts'
import { StsBook } from './sts-book.ts'
import type { Fetched } from './sts-fetch.ts'

const good = (
  mode: 'enforce' | 'testing' | 'none' = 'enforce',
  maxAgeSeconds = 86_400,
): Fetched => ({
  ok: true,
  policy: { mode, mx: ['mx.a.test'], maxAgeSeconds, lines: [`mode: ${mode}`] },
})
const bad: Fetched = { ok: false, failure: failure('sts-policy-fetch-error', 'no answer') }

/** A book over a ledger in memory, whose clock the test turns. */
function house() {
  const zone = new Zone('')
  const kept = new Map<string, KeptStsPolicy>()
  const state = { seconds: 0, answer: good(), fetches: 0, isAway: false, unfit: '' }
  const readOf = (policy: KeptStsPolicy | undefined): KeptStsPolicy | undefined => {
    if (policy === undefined) return undefined
    const remainingSeconds = policy.expiresAt.getTime() / 1000 - state.seconds
    return remainingSeconds > 0 ? { ...policy, remainingSeconds } : undefined
  }
  const ledger: Pick<TlsLedger, 'stsPolicy' | 'keepStsPolicy' | 'noteStsFailure' | 'takeStsDue'> = {
    stsPolicy: (domain) =>
      state.isAway ? Promise.reject(new Error('away')) : Promise.resolve(readOf(kept.get(domain))),
    keepStsPolicy(policy) {
      const row: KeptStsPolicy = {
        ...policy,
        remainingSeconds: policy.maxAgeSeconds,
        fetchedAt: new Date(state.seconds * 1000),
        expiresAt: new Date((state.seconds + policy.maxAgeSeconds) * 1000),
      }
      kept.set(policy.domain, row)
      return Promise.resolve(row)
    },
    noteStsFailure(domain, because) {
      if (domain === state.unfit) return Promise.reject(new Error('unfit'))
      const row = kept.get(domain)
      if (row !== undefined) kept.set(domain, { ...row, failure: because })
      return Promise.resolve()
    },
    takeStsDue: () =>
      Promise.resolve(
        [...kept.values()]
          .flatMap((row) => readOf(row) ?? [])
          .filter((row) => row.remainingSeconds < row.maxAgeSeconds / 4)
          .map(({ domain }) => domain),
      ),
  }
  const newBook = () =>
    new StsBook({
      ledger,
      resolver: zoneResolver(zone),
      log: silentLog,
      clock: () => state.seconds * 1000,
      async fetch() {
        state.fetches += 1
        await new Promise((resolve) => setImmediate(resolve))
        return state.answer
      },
    })
  const announce = (text: string) => {
    zone.remove('_mta-sts.a.test')
    if (text !== '') zone.add({ name: '_mta-sts.a.test', type: 'TXT', value: text })
  }
  return { state, kept, zone, announce, newBook, book: newBook() }
}

test('a domain that announces none has none, and nobody is asked for it', async () => {
  const { book, state } = house()
  assert.deepEqual(await book.find('a.test'), {})
  assert.deepEqual(await book.find('[192.0.2.1]'), {})
  assert.equal(state.fetches, 0)
})

test('a policy is fetched once for all who ask, and again when its id changes', async () => {
  const { book, state, announce, newBook } = house()
  announce('v=STSv1; id=1;')
  const found = await Promise.all(Array.from({ length: 10 }, () => book.find('a.test')))
  assert.ok(found.every(({ policy }) => policy?.mode === 'enforce'))
  assert.equal(state.fetches, 1)
  assert.equal((await newBook().find('a.test')).policy?.policyId, '1', 'another worker reads it')
  assert.equal(state.fetches, 1)
  announce('v=STSv1; id=2;')
  state.answer = good('testing')
  assert.equal((await book.find('a.test')).policy?.mode, 'testing')
  assert.equal(state.fetches, 2)
})

test('what is kept stays in force until it expires, whatever becomes of DNS and the policy host', async () => {
  const { book, state, announce, zone } = house()
  announce('v=STSv1; id=1;')
  await book.find('a.test')
  state.answer = bad
  for (const record of ['v=STSv1; id=2;', '', 'nonsense', 'v=STSv1; id=;']) {
    announce(record)
    assert.equal((await book.find('a.test')).policy?.mode, 'enforce', record)
  }
  zone.remove('_mta-sts.a.test')
  zone.add({ name: '_mta-sts.a.test', type: 'FAIL', value: 'x' })
  assert.equal((await book.find('a.test')).policy?.mode, 'enforce')
  state.seconds = 86_399
  assert.equal((await book.find('a.test')).policy?.mode, 'enforce')
  state.seconds = 86_401
  assert.equal((await book.find('a.test')).policy, undefined)
})

test('a host that failed is left alone for five minutes, and its failure is told meanwhile', async () => {
  const { book, state, announce } = house()
  announce('v=STSv1; id=1;')
  state.answer = bad
  for (const seconds of [0, 100, 299]) {
    state.seconds = seconds
    const found = await book.find('a.test')
    assert.equal(found.policy, undefined)
    assert.equal(found.failure?.type, 'sts-policy-fetch-error')
  }
  assert.equal(state.fetches, 1)
  state.seconds = 301
  state.answer = good()
  assert.equal((await book.find('a.test')).policy?.mode, 'enforce')
  assert.equal(state.fetches, 2)
})

test('what will expire is fetched ahead of time', async () => {
  const { book, state, announce } = house()
  announce('v=STSv1; id=1;')
  await book.find('a.test')
  state.seconds = 40_000
  assert.equal(await book.refresh(), 0)
  state.seconds = 70_000
  assert.equal(await book.refresh(), 1)
  assert.equal(state.fetches, 2)
  state.seconds = 86_400 + 60_000
  assert.equal((await book.find('a.test')).policy?.mode, 'enforce')
})

test('one that cannot be fetched ahead of time keeps none of the others from it', async () => {
  const { book, state, zone } = house()
  for (const domain of ['a.test', 'b.test']) {
    zone.add({ name: `_mta-sts.${domain}`, type: 'TXT', value: 'v=STSv1; id=1;' })
    await book.find(domain)
  }
  state.seconds = 70_000
  state.answer = bad
  state.unfit = 'a.test'
  assert.equal(await book.refresh(), 2)
  assert.equal(state.fetches, 4)
})

test('while the store is away nothing is known, not even that there is no policy', async () => {
  const { book, state, announce } = house()
  announce('v=STSv1; id=1;')
  state.isAway = true
  await assert.rejects(book.find('a.test'))
})

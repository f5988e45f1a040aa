import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { unnamed } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'
import type { TlsCount, TlsLedger, TlsNote } from './tls-ledger.ts'
import { purgeTls } from './tls-report-table.ts'
import { tlsTable } from './tls-table.ts'

let house: StoreHouse
let ledger: TlsLedger
before(async () => {
  house = await openStoreHouse()
  ledger = tlsTable(house.database)
})
after(() => house.close())

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
const note = (domain: string, more: Partial<TlsNote> = {}): TlsNote => ({
  domain,
  mxHost: `mx.${domain}`,
  policy: 'opportunistic',
  isVerified: false,
  wasClear: false,
  failures: 0,
  ...more,
})
const policy = (domain: string, maxAgeSeconds = 86_400) => ({
  domain,
  policyId: 'a1',
  mode: 'enforce' as const,
  mx: [`mx.${domain}`, `*.${domain}`],
  lines: ['version: STSv1', 'mode: enforce', `mx: mx.${domain}`, `mx: *.${domain}`],
  maxAgeSeconds,
})

/** As if so many days had gone by. */
async function pass(days: number): Promise<void> {
  for (const text of [
    `UPDATE tls_peer SET seen_at = seen_at - make_interval(days => $1),
      last_tls_at = last_tls_at - make_interval(days => $1), since_at = since_at - make_interval(days => $1)`,
    `UPDATE sts_policy SET expires_at = expires_at - make_interval(days => $1),
      tried_at = tried_at - make_interval(days => $1)`,
    `UPDATE tls_report SET day = day - $1::integer`,
  ]) {
    await house.database.execute(unnamed(text), [days])
  }
}

test('the days on which TLS stood are counted, each once', async () => {
  await ledger.note([note('days.test', { tls })])
  await ledger.note([note('days.test', { tls })])
  assert.equal((await ledger.peers('days.test'))[0]?.tlsDays, 1)
  for (let day = 2; day <= 4; day += 1) {
    await pass(1)
    await ledger.note([note('days.test', { tls })])
    const [peer] = await ledger.peers('days.test')
    assert.equal(peer?.tlsDays, day)
    assert.ok((peer.tlsAgeSeconds ?? Infinity) < 3600)
  }
  await pass(2)
  await ledger.note([note('days.test', { wasClear: true, policy: 'none' })])
  const [peer] = await ledger.peers('days.test')
  assert.equal(peer?.tlsDays, 4)
  assert.ok((peer.tlsAgeSeconds ?? 0) > 86_400)
  assert.ok(peer.lastClearAt !== undefined)
  assert.deepEqual([peer.protocol, peer.cipher], [tls.protocol, tls.cipher])
})

test('failures are counted until a connection is good again; a change of policy begins anew', async () => {
  const failed = note('fail.test', { policy: 'sts', failures: 2, failure: 'certificate-expired' })
  await ledger.note([failed])
  await ledger.note([{ ...failed, failures: 1 }])
  const [bad] = await ledger.peers('fail.test')
  assert.deepEqual([bad?.failures, bad?.failure, bad?.tlsDays], [3, 'certificate-expired', 0])
  await pass(1)
  await ledger.note([note('fail.test', { policy: 'sts', isVerified: true, tls })])
  const [good] = await ledger.peers('fail.test')
  assert.deepEqual([good?.failures, good?.isVerified], [0, true])
  assert.ok(Date.now() - (good?.sinceAt.getTime() ?? 0) < 3_600_000)
  await pass(1)
  await ledger.note([note('fail.test', { policy: 'sts', isVerified: true, tls })])
  const [same] = await ledger.peers('fail.test')
  assert.ok(Date.now() - (same?.sinceAt.getTime() ?? 0) > 80_000_000)
})

test('two workers note the same domains in whatever order, and nothing is lost', async () => {
  const notes = Array.from({ length: 30 }, (_, i) => note(`both${i}.test`, { tls }))
  await Promise.all(
    Array.from({ length: 10 }, (_, i) => ledger.note(i % 2 === 0 ? notes : notes.toReversed())),
  )
  await ledger.note([note('other.test', { mxHost: 'mx.both0.test' })])
  const known = await ledger.known('other.test', 'mx.both0.test')
  assert.deepEqual(known.map(({ domain }) => domain).toSorted(), ['both0.test', 'other.test'])
  assert.equal(
    (await ledger.recent(31)).filter(({ domain }) => domain.startsWith('both')).length,
    30,
  )
})

test('a policy is kept for its time and no longer; one that cannot be fetched anew stays', async () => {
  assert.equal(await ledger.stsPolicy('sts.test'), undefined)
  const kept = await ledger.keepStsPolicy(policy('sts.test', 10 * 86_400))
  assert.ok(kept.remainingSeconds > 9 * 86_400 && kept.remainingSeconds <= 10 * 86_400)
  await ledger.noteStsFailure('sts.test', 'no\0answer')
  const found = await ledger.stsPolicy('sts.test')
  assert.deepEqual(found?.mx, ['mx.sts.test', '*.sts.test'])
  assert.equal(found.failure, 'no answer')
  await pass(11)
  assert.equal(await ledger.stsPolicy('sts.test'), undefined)
})

test('a policy that is about to expire is fetched by one worker', async () => {
  await ledger.keepStsPolicy(policy('due.test', 8 * 86_400))
  assert.ok(!(await ledger.takeStsDue(100)).includes('due.test'))
  await pass(7)
  const taken = await Promise.all([ledger.takeStsDue(100), ledger.takeStsDue(100)])
  assert.equal(taken.flat().filter((domain) => domain === 'due.test').length, 1)
})

test('sessions are counted by day, policy and result', async () => {
  const day = new Date().toISOString().slice(0, 10)
  const success: TlsCount = {
    day,
    policyType: 'sts',
    domain: 'count.test',
    lines: ['version: STSv1', 'mode: enforce'],
    mx: ['mx.count.test'],
    result: 'success',
    mxHost: '',
    mxAddress: '',
    ownAddress: '',
    reason: '',
    sessions: 3,
  }
  const failure = {
    ...success,
    result: 'certificate-expired',
    mxHost: 'mx.count.test',
    mxAddress: '192.0.2.1',
    ownAddress: '192.0.2.9',
    sessions: 1,
  }
  await Promise.all([ledger.count([success, failure, success]), ledger.count([failure, success])])
  const counts = (await ledger.counts(day)).filter(({ domain }) => domain === 'count.test')
  assert.deepEqual(
    counts.map(({ result, sessions }) => [result, sessions]),
    [
      ['certificate-expired', 2],
      ['success', 9],
    ],
  )
  assert.deepEqual(counts[1], { ...success, sessions: 9 })
})

test('whatever a host says or is called can be kept', async () => {
  const wild = 'a\u0000b\nc\ud800\u001b[2J'
  const other = note('wild.test', { mxHost: wild.replace('\u0000', '\u0001') })
  await ledger.note([note('wild.test', { mxHost: wild, failures: 1, failure: wild }), other])
  const [peer] = await ledger.peers('wild.test')
  assert.equal(peer?.failure, 'a b c\ufffd [2J')
  const day = '2026-01-02'
  const rest = { mx: [], lines: [], mxAddress: '', ownAddress: '', result: 'validation-failure' }
  const count = { ...rest, day, domain: 'wild.test', mxHost: wild, reason: wild, sessions: 1 }
  await ledger.count([{ ...count, policyType: 'no-policy-found' }])
  assert.equal((await ledger.counts(day))[0]?.reason, 'a b c\ufffd [2J')
})

test('a domain can be forgotten, and what is old is', async () => {
  await ledger.note([note('gone.test', { tls })])
  await ledger.keepStsPolicy(policy('gone.test'))
  assert.equal(await ledger.forget('gone.test'), 2)
  assert.deepEqual(await ledger.peers('gone.test'), [])
  assert.equal(await ledger.stsPolicy('gone.test'), undefined)
  await ledger.note([note('old.test', { tls })])
  await pass(500)
  assert.ok((await purgeTls(house.database)) > 0)
  assert.deepEqual(await ledger.peers('old.test'), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SmtpClient } from '@posthouse/smtp'
import type { TlsCount, TlsNote } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { chainOf, goodDay } from './dane-match.fixture.ts'
import { failure } from './failure.ts'
import type { Planned } from './tls-policies.ts'
import { TlsRecorder } from './tls-recorder.ts'

const contact = { domain: 'ta.test', host: 'mx.ta.test', address: '192.0.2.1' }
const plain: Planned = {
  plan: { kind: 'any', policy: 'opportunistic' },
  dane: { kind: 'none' },
  sts: {},
}
const record = { usage: 3, selector: 1, matchingType: 1, data: Buffer.alloc(32, 0xab) }
const dane = {
  kind: 'records' as const,
  usable: [record],
  all: [record],
  base: 'mx.ta.test',
  names: [],
}
const byDane: Planned = { plan: { kind: 'dane', policy: 'dane', finding: dane }, dane, sts: {} }
const times = { maxAgeSeconds: 9, remainingSeconds: 9, fetchedAt: goodDay, expiresAt: goodDay }
const tested: Planned = {
  ...plain,
  sts: {
    policy: {
      domain: 'ta.test',
      policyId: '1',
      mode: 'testing',
      mx: ['mx.ta.test'],
      lines: ['mode: testing'],
      ...times,
    },
  },
}

/** As much of a client as is looked at. */
function client(tls: SmtpClient['tls']): SmtpClient {
  return {
    usable: true,
    extensions: new Map(),
    stalledMs: 0,
    isDotSent: false,
    maxRecipients: 100,
    tls,
    localAddress: '192.0.2.99',
    send: () => Promise.reject(new Error('nothing is sent')),
    quit: () => Promise.resolve(),
    destroy: () => undefined,
  }
}
const chain = () => chainOf('leaf', 'mid')
const tls = { protocol: 'TLSv1.3', cipher: 'x', verified: true, distrust: undefined, chain }

/** A recorder that writes when it is told to, and what it wrote. */
function house() {
  const notes: TlsNote[] = []
  const counts: TlsCount[] = []
  const state = { isAway: false }
  const write =
    <T>(to: T[]) =>
    (rows: readonly T[]): Promise<void> => {
      if (state.isAway) return Promise.reject(new Error('away'))
      to.push(...rows)
      return Promise.resolve()
    }
  const ledger = { note: write(notes), count: write(counts) }
  return { recorder: new TlsRecorder(ledger, silentLog, 3_600_000), notes, counts, state }
}

const short = ({ policyType, result, sessions }: TlsCount) => `${policyType} ${result} ${sessions}`

test('sessions are counted by policy and result, and noted once a host', async () => {
  const { recorder, notes, counts } = house()
  for (let at = 0; at < 3; at += 1) recorder.used(contact, plain, client(tls))
  recorder.used(contact, plain, client(undefined))
  recorder.used(contact, plain, client(undefined), 'the handshake failed')
  await recorder.end()
  assert.deepEqual(
    counts.map(short).toSorted((a, b) => (a < b ? -1 : 1)),
    [
      'no-policy-found starttls-not-supported 1',
      'no-policy-found success 3',
      'no-policy-found validation-failure 1',
    ],
  )
  assert.equal(notes.length, 1)
  assert.deepEqual(notes[0]?.tls, { protocol: 'TLSv1.3', cipher: 'x' })
  assert.ok(notes[0]?.wasClear)
})

test('a failure is counted with where it was, and its policy as it was', async () => {
  const { recorder, notes, counts } = house()
  recorder.failed(contact, byDane, failure('certificate-not-trusted', 'no match'), '192.0.2.99')
  recorder.failed(contact, byDane, failure('certificate-not-trusted', 'no match'), '192.0.2.99')
  await recorder.end()
  assert.deepEqual(counts, [
    {
      day: new Date().toISOString().slice(0, 10),
      policyType: 'tlsa',
      domain: 'ta.test',
      lines: [`3 1 1 ${'ab'.repeat(32)}`],
      mx: [],
      result: 'certificate-not-trusted',
      mxHost: 'mx.ta.test',
      mxAddress: '192.0.2.1',
      ownAddress: '192.0.2.99',
      reason: 'no match',
      sessions: 2,
    },
  ])
  assert.deepEqual([notes[0]?.failures, notes[0]?.policy], [2, 'dane'])
})

test('in testing what would have failed is counted as that, though mail went', async () => {
  const { recorder, counts } = house()
  recorder.used(contact, tested, client({ ...tls, distrust: 'CERT_HAS_EXPIRED' }))
  recorder.used(contact, tested, client(tls))
  recorder.used({ ...contact, host: 'other.test' }, tested, client(tls))
  recorder.used(
    contact,
    { ...plain, sts: { failure: failure('sts-policy-invalid', 'x') } },
    client(tls),
  )
  await recorder.end()
  assert.deepEqual(
    counts.map(short).toSorted((a, b) => (a < b ? -1 : 1)),
    [
      'no-policy-found sts-policy-invalid 1',
      'no-policy-found success 1',
      'sts certificate-expired 1',
      'sts success 1',
      'sts validation-failure 1',
    ],
  )
})

test('while the store is away nothing is lost', async () => {
  const { recorder, notes, counts, state } = house()
  state.isAway = true
  recorder.used(contact, plain, client(tls))
  await recorder.flush()
  recorder.used(contact, plain, client(tls))
  await recorder.flush()
  assert.equal(counts.length, 0)
  state.isAway = false
  await recorder.end()
  assert.deepEqual(counts.map(short), ['no-policy-found success 2'])
  assert.equal(notes.length, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TlsPeer } from '@posthouse/store'
import { expectsTls, heldSeconds, TlsMemory } from './tls-memory.ts'

const peer = (mxHost: string, tlsDays: number, tlsAgeSeconds?: number): TlsPeer => ({
  domain: 'a.test',
  mxHost,
  policy: 'opportunistic',
  isVerified: false,
  sinceAt: new Date(),
  seenAt: new Date(),
  failures: 0,
  tlsDays,
  ...(tlsAgeSeconds !== undefined && { tlsAgeSeconds }),
})
const expects = (...peers: readonly TlsPeer[]) => expectsTls(peers, 'a.test', 'mx.a.test')

test('TLS on three days is a habit, and is held to for 72 hours', () => {
  assert.equal(expects(), false)
  assert.equal(expects(peer('mx.a.test', 2, 60)), false)
  assert.equal(expects(peer('mx.a.test', 3, 60)), true)
  assert.equal(expects(peer('mx.a.test', 3, heldSeconds - 60)), true)
  assert.equal(expects(peer('mx.a.test', 3, heldSeconds + 60)), false)
})

test('a new host of a domain whose hosts all speak TLS is expected to, one that never did is not', () => {
  assert.equal(expects(peer('one.a.test', 5, 60), peer('two.a.test', 5, 60)), true)
  assert.equal(expects(peer('one.a.test', 5, 60), peer('two.a.test', 0)), false)
  assert.equal(expects(peer('one.a.test', 5, 60), peer('mx.a.test', 0)), false)
})

test('what other domains know of a host counts', () => {
  const other = { ...peer('mx.a.test', 3, 60), domain: 'b.test' }
  assert.equal(expects(other), true)
  assert.equal(expects({ ...other, mxHost: 'else.test' }), false)
})

test('the ledger is asked once a minute', async () => {
  let asked = 0
  let now = 0
  const known = () => {
    asked += 1
    return Promise.resolve([peer('mx.a.test', 3, 60)])
  }
  const memory = new TlsMemory({ known }, () => now)
  for (now of [0, 10_000, 59_000]) {
    assert.equal(await memory.expectsTls('a.test', 'mx.a.test'), true)
  }
  assert.equal(asked, 1)
  now = 61_000
  await memory.expectsTls('a.test', 'mx.a.test')
  assert.equal(asked, 2)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LearntLimits } from './learnt-limits.ts'
import { peerLimits } from './peer-limits.ts'
import { nextBatch } from './recipient-batches.ts'

const recipients = (...addresses: readonly string[]) =>
  addresses.map((address, at) => ({
    n: at + 1,
    address,
    originalRecipient: undefined,
    notify: undefined,
    attempt: 1,
    isDelayTold: false,
    wasAbandoned: false,
    last: undefined,
  }))

const addressesOf = (batch: readonly { readonly address: string }[]) =>
  batch.map(({ address }) => address)

const said = (words: string) => peerLimits(new Map([['LIMITS', words]]))

test('what a host says in LIMITS is kept to; what is no limit says nothing', () => {
  assert.deepEqual(said('MAILMAX=20 rcptmax=5 RCPTDOMAINMAX=1'), {
    messages: 20,
    recipients: 5,
    domains: 1,
  })
  const nothing = { messages: Infinity, recipients: Infinity, domains: Infinity }
  for (const words of ['', 'MAILMAX=0', 'MAILMAX', 'XMAILMAX=3', 'MAILMAX=1e3', 'MAILMAX=-1']) {
    assert.deepEqual(said(words), nothing, words)
  }
  assert.deepEqual(peerLimits(new Map()), nothing)
})

test('a transaction takes what fits, in order', () => {
  const left = recipients('a@one.test', 'b@one.test', 'c@one.test')
  assert.equal(nextBatch(left, { recipients: 2, domains: Infinity }).length, 2)
  assert.equal(nextBatch(left, { recipients: 0, domains: 0 }).length, 1)
  assert.equal(nextBatch(left, { recipients: Infinity, domains: Infinity }).length, 3)
})

test('where domains are limited those of one domain go together', () => {
  const left = recipients('a@one.test', 'b@two.test', 'c@ONE.test', 'd@three.test', 'e@two.test')
  const one = nextBatch(left, { recipients: 100, domains: 1 })
  assert.deepEqual(addressesOf(one), ['a@one.test', 'c@ONE.test'])
  const two = nextBatch(left, { recipients: 3, domains: 2 })
  assert.deepEqual(addressesOf(two), ['a@one.test', 'b@two.test', 'c@ONE.test'])
})

test('a limit that nobody tells is found by running into it', () => {
  const limits = new LearntLimits()
  assert.equal(limits.isNew, false)
  limits.tooMany(10)
  limits.tooMany(50)
  limits.tooMany(0)
  assert.equal(limits.maxRecipients, 10)
  limits.closed(7)
  assert.equal(limits.maxMessages, Infinity)
  limits.closed(3)
  limits.closed(7)
  assert.equal(limits.maxMessages, Infinity)
  limits.closed(7)
  assert.equal(limits.maxMessages, 7)
  assert.equal(limits.isNew, true)
  assert.deepEqual(limits.take(), { maxRecipients: 10, maxMessages: 7 })
  assert.equal(limits.isNew, false)
})

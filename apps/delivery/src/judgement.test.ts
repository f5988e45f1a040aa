import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeNamed, reply } from '@posthouse/smtp'
import type { ClaimedRecipient } from '@posthouse/store'
import { plainMessage } from './claimed-message.fixture.ts'
import { Job } from './job.ts'
import { judge, nobody, type Peer } from './judgement.ts'
import { Lease } from './lease.ts'
import { endedReply, suppressedReply } from './own-refusals.ts'

const HOUR = 3600
const peer: Peer = { host: 'mx.there.test', sendsReports: false }

const recipient: ClaimedRecipient = {
  n: 1,
  address: 'bob@there.test',
  originalRecipient: undefined,
  notify: undefined,
  attempt: 1,
  isDelayTold: false,
  wasAbandoned: false,
  unknowns: 0,
  last: undefined,
}

function jobOfAge(ageSeconds: number): Job {
  const message = { ...plainMessage, ageSeconds, recipients: [recipient] }
  const queue = { renew: () => Promise.resolve(0), release: () => Promise.resolve(0) }
  return new Job(message, new Lease(queue, 'token', 120, performance.now()))
}

const busy = {
  kind: 'deferred',
  reply: reply(451, '4.3.2', 'Busy'),
  because: 'busy',
} as const

const begunAt = Date.now()

test('what is put off waits as the schedule says, and nobody is told at first', () => {
  for (const [attempt, minutes] of [
    [1, 5],
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 80],
    [6, 120],
    [30, 120],
  ] as const) {
    const { outcome, notice } = judge(jobOfAge(60), { ...recipient, attempt }, busy, peer)
    assert.equal(outcome.kind, 'deferred')
    const seconds = outcome.retryInSeconds ?? 0
    assert.ok(seconds >= minutes * 48 && seconds <= minutes * 72)
    assert.equal(notice, undefined)
  }
})

test('after four hours the sender is told of the delay, once, unless NOTIFY says no', () => {
  const late = jobOfAge(4 * HOUR + 1)
  const { notice } = judge(late, recipient, busy, peer)
  assert.equal(notice?.kind, 'delay')
  assert.equal(notice?.recipient.action, 'delayed')
  assert.equal(notice?.recipient.status, '4.3.2')
  assert.equal(notice?.recipient.reply, '451 4.3.2 Busy')
  // Five days after it was submitted, of which the test has used less than an hour.
  const leftMs = (notice?.recipient.retryUntil?.getTime() ?? 0) - begunAt
  const expectedMs = (5 * 86_400 - late.ageSeconds) * 1000
  assert.ok(Math.abs(leftMs - expectedMs) < 3_600_000, `${leftMs} of ${expectedMs}`)
  assert.equal(judge(late, { ...recipient, isDelayTold: true }, busy, peer).notice, undefined)
  assert.equal(judge(late, { ...recipient, notify: ['failure'] }, busy, peer).notice, undefined)
})

test('after five days it is given up, with the last words of the other host', () => {
  const { outcome, notice } = judge(
    jobOfAge(120 * HOUR - 60),
    { ...recipient, attempt: 60 },
    busy,
    peer,
  )
  assert.equal(outcome.kind, 'bounced')
  assert.equal(outcome.reply.enhanced, '5.4.7')
  assert.equal(notice?.recipient.status, '5.4.7')
  assert.equal(notice?.recipient.explanation, causeNamed('their-trouble').say)
  assert.equal(notice?.recipient.remark, 'It was tried 60 times in 5 days.')
  assert.equal(notice?.recipient.reply, '451 4.3.2 Busy')
})

test('an unknown outcome is tried again, and said to be unknown', () => {
  const { outcome } = judge(jobOfAge(1), recipient, { kind: 'unknown', because: 'cut' }, peer)
  assert.equal(outcome.kind, 'unknown')
  assert.equal(outcome.reply.text, 'cut')
  assert.ok((outcome.retryInSeconds ?? 0) > 0)
})

test('a refusal is told in the words of who refused', () => {
  const answer = reply(550, '5.1.1', 'No such user')
  const theirs = judge(
    jobOfAge(1),
    recipient,
    { kind: 'bounced', reply: answer, local: false },
    peer,
  )
  assert.equal(theirs.notice?.recipient.reply, '550 5.1.1 No such user')
  assert.equal(theirs.notice?.recipient.remoteMta, 'mx.there.test')
  const ours = judge(
    jobOfAge(1),
    recipient,
    { kind: 'bounced', reply: answer, local: true },
    nobody,
  )
  assert.equal(ours.notice?.recipient.explanation, causeNamed('no-mailbox').say)
  assert.equal(ours.notice?.recipient.remark, 'No such user')
  assert.equal(ours.notice?.recipient.reply, undefined)
})

test('success is told only where it was asked for and the next host does not tell', () => {
  const taken = { kind: 'delivered', reply: reply(250, '2.0.0', 'ok') } as const
  const asking = { ...recipient, notify: ['success'] }
  assert.equal(judge(jobOfAge(1), recipient, taken, peer).notice, undefined)
  assert.equal(judge(jobOfAge(1), asking, taken, peer).notice?.recipient.action, 'relayed')
  assert.equal(judge(jobOfAge(1), asking, taken, { ...peer, sendsReports: true }).notice, undefined)
})

test('what our log says of a connection is for the operator: the sender hears the cause alone', () => {
  const because = 'mx.there.test [10.1.2.3]: connect ECONNREFUSED 10.1.2.3:25'
  const late = jobOfAge(5 * HOUR)
  const { outcome, notice } = judge(late, recipient, { kind: 'deferred', because }, peer)
  assert.equal(outcome.reply.text, because)
  assert.equal(outcome.reply.enhanced, '4.4.1')
  assert.equal(notice?.recipient.explanation, causeNamed('unreachable').say)
  assert.doesNotMatch(JSON.stringify(notice), /ECONNREFUSED|10\.1\.2\.3/)
  const dead = reply(451, '4.4.3', 'MX: SERVFAIL')
  const dns = judge(late, recipient, { kind: 'deferred', because: 'MX', reply: dead }, nobody)
  assert.equal(dns.notice?.recipient.reply, undefined)
  assert.equal(dns.notice?.recipient.status, '4.4.3')
  assert.equal(dns.notice?.recipient.explanation, causeNamed('no-dns').say)
})

test('who is told that a message is too large is told how large it is', () => {
  const what = { kind: 'bounced', reply: reply(552, '5.3.4', 'Too big'), local: false } as const
  const { notice } = judge(jobOfAge(1), recipient, what, peer)
  assert.equal(notice?.recipient.remark, 'The message has 0.0 MB.')
})

test('the third unknown outcome is the last: the sender is told that it may have arrived', () => {
  const cut = { kind: 'unknown', because: 'cut' } as const
  const second = judge(jobOfAge(1), { ...recipient, unknowns: 1 }, cut, peer)
  assert.equal(second.outcome.kind, 'unknown')
  const third = judge(jobOfAge(1), { ...recipient, unknowns: 2 }, cut, peer)
  assert.equal(third.outcome.kind, 'bounced')
  assert.equal(third.notice?.recipient.action, 'failed')
  assert.equal(third.notice?.recipient.status, '4.4.2')
  assert.match(third.notice?.recipient.explanation ?? '', /may have arrived/)
  assert.match(third.notice?.recipient.remark ?? '', /happened 3 times/)
})

test('what is given up after an unknown outcome may have arrived, and that is said', () => {
  const old = jobOfAge(120 * HOUR - 60)
  const { notice } = judge(old, { ...recipient, attempt: 60, unknowns: 1 }, busy, peer)
  assert.match(notice?.recipient.remark ?? '', /it may have arrived all the same/)
})

test('what an operator has ended, and what is suppressed, is said to be ours', () => {
  const told = [endedReply('the account is misused'), suppressedReply('two bounces')].map(
    (answer) =>
      judge(jobOfAge(1), recipient, { kind: 'bounced', reply: answer, local: true }, nobody),
  )
  assert.deepEqual(
    told.map(({ notice }) => notice?.recipient.explanation),
    [causeNamed('ended-here').say, causeNamed('suppressed-here').say],
  )
  assert.match(told[0]?.notice?.recipient.remark ?? '', /: the account is misused$/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildDsn, type DsnRecipient, indexMessage, sliceSpan } from '@posthouse/message'
import { allCauses, type Cause, reply } from '@posthouse/smtp'
import type { ClaimedRecipient } from '@posthouse/store'
import { describeFate, nobody } from './notice.ts'
import { spanOf } from './remarks.ts'

const recipient: Pick<ClaimedRecipient, 'address' | 'originalRecipient' | 'notify'> = {
  address: `${'long.'.repeat(12)}bob@${'sub.'.repeat(40)}there.test`,
  originalRecipient: undefined,
  notify: undefined,
}
const octets = Buffer.from('Subject: hi\r\n\r\nbody\r\n')
const retryUntil = new Date('2026-01-06T00:00:00Z')

/** The plain words of a report on one recipient, as lines. */
function wordsOf(about: DsnRecipient): readonly string[] {
  const dsn = buildDsn({
    reportingMta: 'mail.example.test',
    from: 'postmaster@example.test',
    to: 'ada@example.test',
    messageId: '<1@mail.example.test>',
    date: new Date(),
    boundary: 'report-1',
    recipients: [about],
    original: { octets, header: indexMessage(octets).header },
    returns: 'full',
    international: false,
  })
  const [words] = indexMessage(dsn).children
  assert.ok(words)
  return sliceSpan(dsn, words.body).toString().split('\r\n')
}

function fateOf(cause: Cause, action: 'failed' | 'delayed'): DsnRecipient {
  const answer = reply(550, '5.0.0', 'Their own words, which are long. '.repeat(40))
  const fate = { action, status: '5.0.0', cause, answer, remark: 'A remark of ours.' }
  const peer = { host: 'mx.there.test', sendsReports: false }
  return describeFate(recipient, action === 'delayed' ? { ...fate, retryUntil } : fate, peer)
}

test('the first five lines of every report name the recipient, the cause, and what to do', () => {
  for (const cause of allCauses) {
    const failed = wordsOf(fateOf(cause, 'failed')).slice(0, 5)
    assert.equal(failed[0], `Your message was not delivered to <${recipient.address}>.`)
    const text = failed.slice(1).join(' ')
    assert.ok(
      text.startsWith(`Why: ${cause.say} What to do: ${cause.next}`),
      `${cause.id}: ${text}`,
    )
    const delayed = wordsOf(fateOf(cause, 'delayed')).slice(0, 5)
    assert.equal(delayed[0], `Your message has not been delivered yet to <${recipient.address}>.`)
    const soFar = delayed.slice(1).join(' ')
    assert.ok(soFar.startsWith(`Why: ${cause.say} What to do: nothing, and do not send it again.`))
    assert.match(soFar, /until Tue, 06 Jan 2026 00:00:00 \+0000; you are told if it fails\./)
  }
})

test("what a host said is told after that, in its own name; what nobody said is nobody's", () => {
  const [cause] = allCauses
  assert.ok(cause)
  const words = wordsOf(fateOf(cause, 'failed'))
  assert.ok(words.findIndex((line) => line.includes('mx.there.test said: 550 5.0.0 Their')) > 3)
  const answer = reply(451, '4.4.1', 'connect ECONNREFUSED 10.0.0.1:25')
  const alone = describeFate(
    recipient,
    { action: 'failed', status: '5.4.7', cause, answer },
    nobody,
  )
  assert.equal(alone.reply, undefined)
  assert.equal(alone.remoteMta, undefined)
})

test('spans of time are said in the unit that people would use', () => {
  const said = [10, 3_000, 3_600, 86_400, 172_800, 432_000].map(spanOf)
  assert.deepEqual(said, ['less than an hour', '1 hour', '1 hour', '24 hours', '2 days', '5 days'])
})

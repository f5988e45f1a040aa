import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reply, type RecipientOutcome } from '@posthouse/smtp'
import { meaningOf } from './answer-meaning.ts'
import { providerOf } from './provider.ts'

test('hosts of one organisation are one provider, and those that are asked first decide', () => {
  assert.equal(
    providerOf([['aspmx.l.google.com'], ['alt1.aspmx.l.google.com', 'aspmx2.googlemail.com.']]),
    'google.com',
  )
  assert.equal(providerOf([['example-com.mail.protection.outlook.com']]), 'outlook.com')
  assert.equal(
    providerOf([['MX1.Example.CO.UK', 'mx.other.test', 'mx2.example.co.uk']]),
    'example.co.uk+other.test',
  )
  assert.equal(providerOf([['192.0.2.1']]), '192.0.2.1')
  assert.equal(providerOf([['localhost']]), 'localhost')
})

const refused = (code: number, enhanced: string, text: string): RecipientOutcome => {
  const answer = reply(code, enhanced, text)
  return code >= 500
    ? { kind: 'bounced', reply: answer, local: false }
    : { kind: 'deferred', reply: answer, because: text }
}

const kindOf = (...outcomes: readonly RecipientOutcome[]) =>
  meaningOf(outcomes, 'mx.example.test').kind

test('what an answer says about the pace', () => {
  assert.equal(kindOf({ kind: 'delivered', reply: reply(250, '2.0.0', 'ok') }), 'taken')
  assert.equal(kindOf(refused(421, '4.3.2', 'Busy')), 'slower')
  assert.equal(kindOf(refused(450, '4.7.1', 'Rate limit exceeded, slow down')), 'slower')
  assert.equal(kindOf(refused(451, '4.7.1', 'Greylisted, please try again later')), 'heard')
  assert.equal(kindOf(refused(452, '4.2.2', 'Mailbox full')), 'heard')
  assert.equal(kindOf(refused(550, '5.1.1', 'No such user')), 'heard')
  assert.equal(
    kindOf(
      refused(
        554,
        '5.7.1',
        'Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
      ),
    ),
    'unwanted',
  )
  assert.equal(kindOf({ kind: 'deferred', because: 'the connection was closed' }), 'trouble')
  assert.equal(kindOf({ kind: 'unknown', because: 'lost' }), 'trouble')
  assert.equal(
    kindOf({ kind: 'bounced', reply: reply(550, '5.6.7', 'no SMTPUTF8'), local: true }),
    'heard',
  )
  assert.equal(
    kindOf(refused(421, '4.7.0', 'Too fast'), {
      kind: 'delivered',
      reply: reply(250, '2.0.0', 'ok'),
    }),
    'taken',
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { reply } from '../reply.ts'
import { allCauses, causeNamed, isCauseId } from './cause.ts'
import { causeOf } from './cause-of.ts'
import { ownWords } from './own-patterns.ts'

test('every cause says in two short sentences what happened and what to do', () => {
  for (const { id, say, next } of allCauses) {
    for (const words of [say, next]) {
      assert.match(words, /^[A-Z].*\.$/, id)
      assert.ok(words.length <= 140, `${id}: ${words.length} characters`)
      assert.doesNotMatch(words, /posthouse|SMTP|RCPT|\b[45]\d\d\b/, `${id} is for the sender`)
    }
  }
})

test('what is about us has something for the operator to do', () => {
  for (const { id, isAboutUs, operator } of allCauses) {
    if (isAboutUs) assert.ok(operator !== undefined && operator.endsWith('.'), id)
  }
})

test('the address that a host repeats says nothing about the cause', () => {
  const answer = reply(550, '5.1.1', '<spam-virus-greylist@example.test>: not here')
  assert.equal(causeOf(answer).id, 'no-mailbox')
  assert.equal(causeOf(reply(550, undefined, 'for over-quota@full.test: no')).id, 'refused')
})

test('a reply in several lines is read like one', () => {
  const lines = ['The recipient has', 'exceeded their mailbox quota. Mailbox', 'full.'].join('\n')
  assert.equal(causeOf(reply(552, undefined, lines)).id, 'mailbox-full')
  const flat = '550-5.7.25 The sending IP does not have a 550-5.7.25 PTR record setup'
  assert.equal(causeOf(reply(550, undefined, flat)).id, 'reverse-name')
})

test('the host tells apart what the same code means elsewhere', () => {
  const answer = reply(421, '4.7.29', 'Not over TLS')
  assert.equal(causeOf(answer, 'gmail-smtp-in.l.google.com').id, 'needs-tls')
  assert.equal(causeOf(answer, 'mx.google.com.evil.test').id, 'unauthenticated')
})

test('any reply has a cause, whatever is in it, and the same one each time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 400, max: 599 }),
      fc.option(fc.stringMatching(/^[45]\.\d{1,3}\.\d{1,3}$/), { nil: undefined }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      (code, enhanced, text) => {
        const { id } = causeOf(reply(code, enhanced, text))
        assert.ok(isCauseId(id))
        assert.equal(causeOf(reply(code, enhanced, text)), causeNamed(id))
      },
    ),
  )
})

test('a hostile text costs no more than its first two thousand characters', () => {
  const hostile = ['(s3140 '.repeat(200_000), 'a'.repeat(3_000_000), ' '.repeat(3_000_000)]
  for (const text of hostile) {
    assert.equal(causeOf(reply(550, undefined, text)).id, 'refused')
    assert.equal(causeOf(reply(550, undefined, `${text} user unknown`)).id, 'refused')
  }
})

test('what we refuse ourselves is ours only where no host has said it', () => {
  for (const [words, id] of [
    [ownWords.ended, 'ended-here'],
    [ownWords.suppressed, 'suppressed-here'],
  ] as const) {
    assert.equal(causeOf(reply(550, '5.7.1', `${words}for a reason`)).id, id)
    assert.equal(causeOf(reply(550, '5.7.1', `${words}for a reason`), 'mx.there.test').id, 'policy')
  }
  const unset = reply(451, '4.3.5', 'The relay smtp.relay.test has no address')
  assert.equal(causeOf(unset).id, 'trouble-here')
  assert.equal(causeOf(unset, 'mx.there.test').id, 'their-trouble')
})

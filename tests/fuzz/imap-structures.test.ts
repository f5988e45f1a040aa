import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor, parseWith } from '@posthouse/imap-wire'
import { computeFacts } from '@posthouse/message'
import { segmentsOf } from '../../packages/imap-wire/src/testing/segments.ts'
import { hostileMessages } from '../faults/hostile/messages.ts'
import { corpusMessages, hasCorpora } from '../journeys/house/corpus.ts'
import { body, envelope } from './house/response-grammar.ts'

/** By the letter of RFC 3501 §9, and in 7 bits outside of literals. */
function assertGrammatical(name: string, text: Buffer, parse: (c: Cursor) => void): void {
  const segments = segmentsOf(text)
  for (const { kind, octets } of segments) {
    if (kind === 'line')
      assert.ok(
        octets.every((octet) => octet < 0x80),
        `${name}: 8 bits in a line`,
      )
  }
  const result = parseWith(new Cursor(segments), (c) => {
    parse(c)
    if (!c.isAtEnd()) c.fail('something is left')
  })
  assert.ok(
    result.ok,
    result.ok ? '' : `${name}: ${result.error.message} at ${result.error.position}`,
  )
}

function check(name: string, octets: Buffer): void {
  const facts = computeFacts(octets)
  assertGrammatical(`${name} ENVELOPE`, facts.envelope, envelope)
  assertGrammatical(`${name} BODY`, facts.body, (c) => body(c, false))
  assertGrammatical(`${name} BODYSTRUCTURE`, facts.bodyStructure, (c) => body(c, true))
}

test('ENVELOPE, BODY and BODYSTRUCTURE of real messages are by the letter', async (context) => {
  const messages = await corpusMessages()
  for (const { name, octets } of messages) check(name, octets)
  context.diagnostic(`${messages.length} messages (${hasCorpora ? 'corpora' : 'small set'})`)
})

test('so are those of real messages that are cut or damaged anywhere', async () => {
  const messages = await corpusMessages()
  for (const [index, { name, octets }] of messages.entries()) {
    const cut = (index * 7919) % Math.max(octets.length, 1)
    check(`${name} cut at ${cut}`, octets.subarray(0, cut))
    const damaged = Buffer.from(octets)
    for (let at = index % 61; at < damaged.length; at += 61) damaged[at] = (at * 31) % 256
    check(`${name} damaged`, damaged)
  }
})

for (const { name, octets } of hostileMessages) {
  test(`so are those of a message with ${name}`, () => check(name, octets()))
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { firstAddress, type EnvelopeAddress } from './envelope-address.ts'

const message = [
  'Date: Mon, 7 Feb 1994 21:52:25 -0800',
  'Subject: odd "quotes" and (parentheses) \\ and ü',
  'From: "A \\"quoted\\" (name)" <ada@example.test>, bob@example.test',
  'Sender: sender@example.test',
  'To: Friends: carl@example.test;, dan@example.test',
  'Cc: Jörg <joerg@example.test>',
  'Message-ID: <x@y>',
  '',
  '',
].join('\r\n')

const texts = (address: EnvelopeAddress | undefined): unknown =>
  address && [address.name, address.mailbox, address.host].map((part) => part?.toString())

test('the first address of each field is found, among quotes, literals and groups', () => {
  const { envelope } = computeFacts(Buffer.from(message))
  assert.deepEqual(texts(firstAddress(envelope, 'from')), [
    'A "quoted" (name)',
    'ada',
    'example.test',
  ])
  assert.deepEqual(texts(firstAddress(envelope, 'to')), [undefined, 'Friends', undefined])
  assert.deepEqual(texts(firstAddress(envelope, 'cc')), ['Jörg', 'joerg', 'example.test'])
})

test('a message without the field has none', () => {
  for (const text of ['\r\n', 'Subject: x\r\n\r\n', '']) {
    const { envelope } = computeFacts(Buffer.from(text))
    for (const field of ['from', 'to', 'cc'] as const) {
      assert.equal(firstAddress(envelope, field), undefined)
    }
  }
})

test('an envelope that ends too early is no reason to fail', () => {
  const { envelope } = computeFacts(Buffer.from(message))
  for (let cut = 0; cut < envelope.length; cut += 1) firstAddress(envelope.subarray(0, cut), 'cc')
})

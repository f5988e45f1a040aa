import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeBase64, decodeInitialResponse, decodeResponse, encodeChallenge } from './response.ts'

fc.configureGlobal({ seed: 20260101 })

test('a star cancels, an empty line is an empty response', () => {
  assert.deepEqual(decodeResponse('*'), { kind: 'cancel' })
  assert.deepEqual(decodeResponse(Buffer.alloc(0)), { kind: 'response', octets: Buffer.alloc(0) })
})

test('an equals sign is the empty initial response, and only there', () => {
  assert.deepEqual(decodeInitialResponse('='), { kind: 'response', octets: Buffer.alloc(0) })
  assert.deepEqual(decodeInitialResponse(''), { kind: 'malformed' })
  assert.deepEqual(decodeInitialResponse('*'), { kind: 'malformed' })
  assert.deepEqual(decodeResponse('='), { kind: 'malformed' })
})

test('base64 is read by the letter', () => {
  assert.deepEqual(decodeBase64('YWI='), Buffer.from('ab'))
  const bad = [
    'YWI',
    'YWJ=',
    'YW I',
    ' YWI=',
    'YWI=\r',
    'YW=I',
    'Y===',
    '====',
    'YWI-',
    'YW_i',
    'é===',
  ]
  for (const text of bad) assert.equal(decodeBase64(text), undefined, JSON.stringify(text))
  assert.equal(decodeBase64('AAAA'.repeat(3073)), undefined)
})

test('what is encoded is decoded again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const buffer = Buffer.from(octets)
      assert.deepEqual(decodeBase64(encodeChallenge(buffer)), buffer)
    }),
  )
})

test('random text is decoded only if it is canonical', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
      const octets = decodeBase64(text)
      if (octets !== undefined) assert.equal(octets.toString('base64'), text)
    }),
  )
})

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { keyRecordText, readPublication, splitRecordText } from './key-record-text.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const first = {
  domain: 'example.org',
  selector: 'r',
  algorithm: 'rsa-2048',
  publicKey: rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
} as const
const second = {
  domain: 'example.org',
  selector: 'e',
  algorithm: 'ed25519',
  publicKey: ed.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64'),
} as const
const standing = { ttlSeconds: 60, isSecure: false } as const

test('a key counts as published only where verifiers would take it', () => {
  const text = keyRecordText(first)
  const records = (...texts: readonly string[]) =>
    readPublication(first, { kind: 'records', records: texts, ...standing }).state
  assert.equal(records(text), 'seen')
  assert.equal(records(text.replace('k=rsa; ', '').replace('p=', 'p= ')), 'seen')
  const other = keyRecordText(second)
  assert.equal(
    readPublication(second, { kind: 'records', records: [other], ...standing }).state,
    'seen',
  )
  for (const texts of [
    [text, text],
    [other],
    [`${text}; t=y`],
    [text.slice(0, 255)],
    ['v=DKIM1; k=rsa; p='],
    [text.replace('v=DKIM1', 'v=DKIM2')],
    [`${text}; h=sha1`],
  ])
    assert.equal(records(...texts), 'different', texts.join(' | '))
  assert.equal(readPublication(first, { kind: 'nxdomain', ...standing }).state, 'absent')
  assert.equal(readPublication(first, { kind: 'nodata', ...standing }).state, 'absent')
  assert.equal(readPublication(first, { kind: 'temporary', because: 'x' }).state, 'unanswered')
})

test('a record is split into strings of at most 255 octets', () => {
  const text = keyRecordText(first)
  const strings = [...splitRecordText(text).matchAll(/"([^"]*)"/g)].map(([, each = '']) => each)
  assert.ok(strings.length === 2 && strings.every((each) => each.length <= 255))
  assert.equal(strings.join(''), text)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newUuid, uuidFromBase32, uuidToBase32 } from './uuid-v7.ts'

test('ids are UUIDs of version 7 that ascend within a process', () => {
  const ids = Array.from({ length: 10_000 }, () => newUuid())
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(ids, ids.toSorted())
  assert.equal(new Set(ids).size, ids.length)
})

test('their text has 26 characters of Crockford base32, keeps the order and comes back', () => {
  const ids = Array.from({ length: 100 }, () => newUuid())
  const texts = ids.map(uuidToBase32)
  for (const text of texts) assert.match(text, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  assert.deepEqual(texts, texts.toSorted())
  assert.deepEqual(texts.map(uuidFromBase32), ids)
})

test('people may write small letters, and O, I and L for 0 and 1', () => {
  const id = '00000000-0000-0000-0000-000000000421'
  assert.equal(uuidToBase32(id), '00000000000000000000000111')
  assert.equal(uuidFromBase32('oooooooooooooooooooooooiIl'), id)
  assert.equal(uuidFromBase32(id.toUpperCase()), id)
})

test('what is no id is undefined', () => {
  for (const text of [
    '',
    'Z'.repeat(26),
    '8'.repeat(26),
    'U'.repeat(26),
    '0'.repeat(25),
    '\0',
    "' OR 1=1",
  ]) {
    assert.equal(uuidFromBase32(text), undefined, text)
  }
})

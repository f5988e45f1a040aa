import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatToken, hashToken, newTokenSecret, readToken } from './app-password-token.ts'

test('a token is seven groups of four letters and digits, and reads back however it is typed', () => {
  for (let i = 0; i < 500; i++) {
    const secret = newTokenSecret()
    const text = formatToken(secret)
    assert.match(text, /^([a-z2-7]{4}-){6}[a-z2-7]{4}$/)
    for (const typed of [
      text,
      text.toUpperCase(),
      text.replaceAll('-', ''),
      ` ${text.replaceAll('-', ' ')} `,
    ]) {
      assert.deepEqual(readToken(typed), secret)
    }
  }
  assert.deepEqual(readToken(formatToken(Buffer.alloc(16))), Buffer.alloc(16))
  assert.deepEqual(readToken(formatToken(Buffer.alloc(16, 255))), Buffer.alloc(16, 255))
})

test('a slip is no token, nor is a password of somebody’s own choice', () => {
  const text = formatToken(newTokenSecret())
  let slips = 0
  for (let i = 0; i < text.length; i++) {
    for (const digit of 'abcdefghijklmnopqrstuvwxyz234567') {
      const typed = text.slice(0, i) + digit + text.slice(i + 1)
      if (typed !== text && readToken(typed) !== undefined) slips += 1
    }
  }
  // 12 bits of check: one slip in 4,096 passes, and then finds no such secret.
  assert.ok(slips < 10, String(slips))
  for (const other of [
    '',
    'analytical',
    'mofitu-karebo-sonuvi-73',
    'x'.repeat(5_000),
    `${text}a`,
    text.slice(1),
    `0${text.slice(1)}`,
  ]) {
    assert.equal(readToken(other), undefined, other.slice(0, 40))
  }
})

test('what is kept depends on the secret and on the key', () => {
  const secret = newTokenSecret()
  const kept = hashToken(secret, Buffer.alloc(32, 1))
  assert.equal(kept.length, 32)
  assert.notDeepEqual(hashToken(secret, Buffer.alloc(32, 2)), kept)
  assert.notDeepEqual(hashToken(newTokenSecret(), Buffer.alloc(32, 1)), kept)
})

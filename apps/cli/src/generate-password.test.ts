import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generatePassword } from './generate-password.ts'

test('a generated password can be read out, and no two are alike', () => {
  const made = Array.from({ length: 1000 }, generatePassword)
  for (const password of made)
    assert.match(password, /^([b-df-hj-np-tv-z][aeiou]){3}(-([b-z][aeiou]){3}){2}-[1-9]\d$/)
  assert.equal(new Set(made).size, made.length)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { plain } from './plain.ts'

fc.configureGlobal({ seed: 20260101 })

const answer = (text: string) => plain().step(Buffer.from(text, 'utf8'))

test('PLAIN without an initial response sends an empty challenge', () => {
  assert.deepEqual(plain().start(), { kind: 'continue', challenge: Buffer.alloc(0) })
})

test('PLAIN reads authorization identity, login and password', () => {
  assert.deepEqual(answer('\0tim@example.test\0tanstaaf'), {
    kind: 'credentials',
    authzid: '',
    login: 'tim@example.test',
    password: 'tanstaaf',
  })
  assert.deepEqual(answer('Ursel\0Kurt\0xipj3plmq'), {
    kind: 'credentials',
    authzid: 'Ursel',
    login: 'Kurt',
    password: 'xipj3plmq',
  })
})

test('PLAIN composes what a client sent decomposed', () => {
  const step = answer('\0ada\0pa\u0308sse')
  assert.equal(step.kind === 'credentials' ? step.password : '', 'p\u00e4sse')
})

test('PLAIN refuses messages with another number of NULs, empty fields, and octets that are no text', () => {
  const bad = [
    '',
    'a',
    '\0',
    '\0a',
    '\0a\0',
    '\0\0p',
    '\0a\0p\0',
    '\0a\0p\0q',
    'z\0a\0\0p',
    '\0\0\0',
  ]
  for (const text of bad) assert.equal(answer(text).kind, 'malformed', JSON.stringify(text))
  const notUtf8 = Buffer.concat([Buffer.from('\0a\0'), Buffer.from([0xc0, 0x80])])
  assert.equal(plain().step(notUtf8).kind, 'malformed')
  assert.equal(answer(`\0a\0${'p'.repeat(1025)}`).kind, 'malformed')
})

test('PLAIN answers one message only', () => {
  const machine = plain()
  assert.equal(machine.step(Buffer.from('\0a\0p')).kind, 'credentials')
  assert.equal(machine.step(Buffer.from('\0a\0p')).kind, 'malformed')
})

test('PLAIN never fails, whatever the octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      const step = plain().step(Buffer.from(octets))
      if (step.kind !== 'credentials') return
      assert.ok(!`${step.authzid}${step.login}${step.password}`.includes('\0'))
    }),
  )
})

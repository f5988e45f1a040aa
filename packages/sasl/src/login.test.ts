import assert from 'node:assert/strict'
import { test } from 'node:test'
import { login } from './login.ts'

test('LOGIN asks for the name, then for the password', () => {
  const machine = login()
  assert.deepEqual(machine.start(), { kind: 'continue', challenge: Buffer.from('Username:') })
  assert.deepEqual(machine.step(Buffer.from('ada@example.test')), {
    kind: 'continue',
    challenge: Buffer.from('Password:'),
  })
  assert.deepEqual(machine.step(Buffer.from('analytical')), {
    kind: 'credentials',
    authzid: '',
    login: 'ada@example.test',
    password: 'analytical',
  })
  assert.equal(machine.step(Buffer.from('more')).kind, 'malformed')
})

test('LOGIN takes an initial response for the name', () => {
  assert.deepEqual(login().step(Buffer.from('ada')), {
    kind: 'continue',
    challenge: Buffer.from('Password:'),
  })
})

test('LOGIN refuses an empty name or password and NUL, and is over then', () => {
  const empty = login()
  assert.equal(empty.step(Buffer.alloc(0)).kind, 'malformed')
  assert.equal(empty.step(Buffer.from('ada')).kind, 'malformed')
  const machine = login()
  machine.step(Buffer.from('ada'))
  assert.equal(machine.step(Buffer.from('a\0b')).kind, 'malformed')
})

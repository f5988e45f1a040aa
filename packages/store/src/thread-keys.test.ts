import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountId, messageId } from './ids.ts'
import { threadsOf, type Threaded } from './thread-keys.ts'

const ada = accountId('0198c2f0-0000-7000-8000-000000000001')
const bob = accountId('0198c2f0-0000-7000-8000-000000000002')
let next = 1

function message(own: string | null, references: readonly string[] = [], account = ada): Threaded {
  return {
    account,
    messageId: messageId(next++),
    facts: { messageId: own, inReplyTo: null, references },
  }
}

function madeOf(facts: Threaded['facts']): number | undefined {
  return threadsOf([{ account: ada, messageId: messageId(9), facts }])[0]?.made
}

test('an answer goes by its nearest ancestors, and by the oldest where none is there', () => {
  const [root, middle, leaf] = threadsOf([
    message('<a>'),
    message('<b>', ['<a>']),
    message('<c>', ['<a>', '<b>']),
  ])
  assert.deepEqual(root?.kin, [])
  assert.equal(middle?.made, root?.made)
  assert.equal(leaf?.made, root?.made)
  assert.deepEqual(leaf?.kin.slice(0, 3), [leaf?.own, middle?.own, root?.own])
})

test('References count, In-Reply-To only without them', () => {
  const [root] = threadsOf([message('<a>')])
  const facts = { messageId: '<x>', inReplyTo: '<a>', references: [] }
  const both = { ...facts, references: ['<other>'] }
  assert.equal(madeOf(facts), root?.made)
  assert.notEqual(madeOf(both), root?.made)
})

test('a chain that names parents only holds together inside one group', () => {
  const [first, , , last] = threadsOf([
    message('<1>', ['<0>']),
    message('<2>', ['<1>']),
    message('<3>', ['<2>']),
    message('<4>', ['<3>']),
  ])
  assert.equal(last?.made, first?.made)
  assert.ok(first?.kin.every((key) => last?.kin.includes(key)))
})

test('accounts have nothing in common, and messages without ids are alone', () => {
  const [one, other, a, b] = threadsOf([
    message('<a>'),
    message('<a>', [], bob),
    message(null),
    message(null),
  ])
  assert.equal(new Set([one?.made, other?.made, a?.made, b?.made]).size, 4)
  assert.equal(a?.own, null)
  for (const each of [one, other, a, b]) assert.ok(Number.isSafeInteger(each?.made))
})

test('long chains and hostile references are bounded', () => {
  const many = Array.from({ length: 100 }, (_, i) => `<${i}>`)
  const chain = Array.from({ length: 50 }, (_, i) => message(`<c${i}>`, [...many, `<c${i - 1}>`]))
  for (const keys of threadsOf(chain)) assert.ok(keys.kin.length <= 32)
})

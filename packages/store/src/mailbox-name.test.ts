import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalMailboxName, parentNames } from './mailbox-name.ts'

test('INBOX is INBOX in any case, also above its children, and nothing else is', () => {
  assert.equal(canonicalMailboxName('inbox'), 'INBOX')
  assert.equal(canonicalMailboxName('InBox/Lists'), 'INBOX/Lists')
  assert.equal(canonicalMailboxName('Lists/inbox'), 'Lists/inbox')
  assert.equal(canonicalMailboxName('inboxes'), 'inboxes')
})

test('names nobody could use again are refused', () => {
  const bad = [
    '',
    '/',
    'a//b',
    '/a',
    'a/',
    'a*',
    'a%b',
    'a\0b',
    'a\r\nb',
    'a\u007f',
    '\ud800',
    'a\u2028b',
  ]
  for (const name of bad) assert.equal(canonicalMailboxName(name), undefined, JSON.stringify(name))
})

test('names of people are kept as they are written', () => {
  for (const name of ['Entwürfe', '台北', 'a & b', '~peter', 'a\\b', '"quoted"', '📮', '#news']) {
    assert.equal(canonicalMailboxName(name), name)
  }
})

test('long names are refused: a level, a path, a depth', () => {
  assert.equal(canonicalMailboxName('x'.repeat(256)), undefined)
  assert.equal(canonicalMailboxName('ü'.repeat(128)), undefined)
  assert.ok(canonicalMailboxName('x'.repeat(255)))
  assert.equal(canonicalMailboxName(Array(5).fill('x'.repeat(250)).join('/')), undefined)
  assert.equal(canonicalMailboxName(Array(31).fill('x').join('/')), undefined)
  assert.ok(canonicalMailboxName(Array(30).fill('x').join('/')))
})

test('parents are named outermost first', () => {
  assert.deepEqual(parentNames('a/b/c'), ['a', 'a/b'])
  assert.deepEqual(parentNames('a'), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSelector, newSelector } from './dkim-selector.ts'

function namedOn(day: string): string {
  return newSelector('rsa-2048', new Date(`${day}T23:59:59Z`), new Set())
}

test('selectors tell the week: the one its Thursday is in', () => {
  assert.deepEqual(
    ['2026-11-28', '2027-01-01', '2027-01-04', '2024-12-30', '2021-01-03', '2020-12-31'].map(
      namedOn,
    ),
    ['p2026w48r', 'p2026w53r', 'p2027w01r', 'p2025w01r', 'p2020w53r', 'p2020w53r'],
  )
  const taken = new Set(['p2026w48e', 'p2026w48e2'])
  assert.equal(newSelector('ed25519', new Date('2026-11-28'), taken), 'p2026w48e3')
})

test('a selector is made of host names, and fits into a name of DNS with its domain', () => {
  for (const good of ['p2026w48r', 'a', 'mail.2026', 'x'.repeat(63)])
    assert.equal(isSelector(good, 'names.test'), true, good)
  for (const bad of ['', '.', 'a b', 'a..b', '-a', 'a-', 'a;b', 'A', 'x'.repeat(64)])
    assert.equal(isSelector(bad, 'names.test'), false, bad)
  const long = Array.from({ length: 4 }, () => 'x'.repeat(60)).join('.')
  assert.equal(isSelector(long, 'a.test'), false)
  assert.equal(isSelector(long.slice(0, -10), 'a.test'), true)
})

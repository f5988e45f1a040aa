import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileListPattern } from './list-pattern.ts'

fc.configureGlobal({ seed: 20260101 })

const matches = (pattern: string, name: string): boolean =>
  compileListPattern(pattern).matches(name)

test('a star crosses levels, a percent sign does not', () => {
  assert.ok(matches('*', 'a/b/c'))
  assert.ok(matches('%', 'a'))
  assert.ok(!matches('%', 'a/b'))
  assert.ok(matches('a/%', 'a/b'))
  assert.ok(!matches('a/%', 'a/b/c'))
  assert.ok(!matches('a/%', 'a'))
  assert.ok(matches('%/%', 'a/b'))
  assert.ok(matches('a%*', 'a/b/c'))
  assert.ok(matches('*%', 'a/b/c'))
  assert.ok(matches('*/c', 'a/b/c'))
  assert.ok(matches('%b*d', 'ab/c/d'))
  assert.ok(matches('', ''))
  assert.ok(!matches('', 'a'))
  assert.ok(!matches('a', 'ab'))
})

test('only INBOX matches in any case', () => {
  assert.ok(matches('inbox', 'INBOX'))
  assert.ok(matches('In%', 'INBOX'))
  assert.ok(!matches('sent', 'Sent'))
  assert.ok(!matches('inbox/a', 'INBOX/a'))
})

/** What the rules say, told the slow way. */
function byRecursion(pattern: string, name: string): boolean {
  if (pattern === '') return name === ''
  const rest = pattern.slice(1)
  if (pattern.startsWith('*') || pattern.startsWith('%')) {
    if (byRecursion(rest, name)) return true
    if (name === '' || (pattern.startsWith('%') && name.startsWith('/'))) return false
    return byRecursion(pattern, name.slice(1))
  }
  return pattern[0] === name[0] && byRecursion(rest, name.slice(1))
}

test('every pattern matches what the rules say', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '%'), maxLength: 8 })
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, name, (p, n) =>
      assert.equal(matches(p, n), byRecursion(p, n), `${p} ${n}`),
    ),
    { numRuns: 3000 },
  )
})

test('a pattern made to blow up a backtracking matcher costs pattern times name', () => {
  const pattern = compileListPattern(`${'*a%'.repeat(300)}b`)
  const before = process.cpuUsage().user
  assert.ok(!pattern.matches('a'.repeat(1000)))
  assert.ok(process.cpuUsage(undefined).user - before < 10_000_000)
})

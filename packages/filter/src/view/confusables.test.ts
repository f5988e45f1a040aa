import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disguiseOf, invisibleIn, mixedWord, readsAs, skeleton } from './confusables.ts'
import { asciiDomain } from './domains.ts'

test('words of one script, and of scripts that are written together, are no disguise', () => {
  for (const text of [
    'plain',
    'Gr\u00fc\u00dfe',
    '\u0440\u0430\u0431\u043e\u0442\u0430',
    '\u65e5\u672c\u8a9e\u30c6\u30b9\u30c8',
    'A\u30c1\u30fc\u30e0',
    'caf\u00e9 \u043a\u0430\u0444\u0435',
  ]) {
    assert.equal(mixedWord(text), undefined, text)
  }
  assert.equal(mixedWord('p\u0430ypal'), 'p\u0430ypal')
  assert.equal(mixedWord('pr\u03bfmo'), 'pr\u03bfmo')
})

test('a domain in one foreign script is a disguise only where all of it reads as ASCII', () => {
  assert.match(
    disguiseOf(asciiDomain('\u0430\u0440\u0440\u04cf\u0435.com')) ?? '',
    /reads as apple\.com/,
  )
  assert.equal(
    disguiseOf(asciiDomain('\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444')),
    undefined,
  )
  assert.equal(disguiseOf(asciiDomain('b\u00fccher.de')), undefined)
  assert.equal(disguiseOf('xn--'), undefined)
})

test('domains are read as a hasty reader does', () => {
  assert.ok(readsAs('examp1e.test').includes('example.test'))
  assert.ok(readsAs('exarnple.test').includes('example.test'))
  assert.ok(readsAs(asciiDomain('ex\u00e4mple.test')).includes('example.test'))
  assert.ok(!readsAs('example.test').includes('example.test'))
  assert.equal(skeleton('\u0430\u0440\u0440\u04cf\u0435'), 'apple')
})

test('joiners in emoji and in scripts that need them are visible enough', () => {
  assert.equal(invisibleIn('\u{1f469}\u200d\u{1f680}'), undefined)
  assert.equal(invisibleIn('\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'), undefined)
  assert.equal(invisibleIn('in\u200bvoice'), 'U+200B')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { baseSubject } from './base-subject.ts'

fc.configureGlobal({ seed: 20260101 })

/** Subject, base subject, and whether it was a reply or forwarded. */
const rows: readonly (readonly [string, string, boolean])[] = [
  ['', '', false],
  ['hello', 'hello', false],
  ['  hello \t world  ', 'hello world', false],
  ['Re: hello', 'hello', true],
  ['RE:hello', 'hello', true],
  ['re : hello', 'hello', true],
  ['Fw: hello', 'hello', true],
  ['FWD: hello', 'hello', true],
  ['fwdd: hello', 'fwdd: hello', false],
  ['regarding: hello', 'regarding: hello', false],
  ['Re: re: Fwd: hello', 'hello', true],
  ['Re[2]: hello', 'hello', true],
  ['Re [list] : hello', 'hello', true],
  ['Re [list] x: hello', 'Re [list] x: hello', false],
  ['[list] hello', 'hello', false],
  ['[list] [other] hello', 'hello', false],
  ['[list] Re: hello', 'hello', true],
  ['Re: [list] Re: hello', 'hello', true],
  ['[list]', '[list]', false],
  ['[a][b]', '[b]', false],
  ['[a] [b]  ', '[b]', false],
  ['[a] re: [b]', '[b]', true],
  ['[a[b] hello', '[a[b] hello', false],
  ['hello (fwd)', 'hello', true],
  ['hello (FWD) (fwd) ', 'hello', true],
  ['hello(fwd)', 'hello', true],
  ['(fwd)', '', true],
  ['[fwd: hello]', 'hello', true],
  ['[Fwd: Re: hello (fwd)]', 'hello', true],
  ['[list] [fwd: [fwd: hello]]', 'hello', true],
  ['[fwd: hello] more', 'more', false],
  ['[fwd:]', '', true],
  ['Re:', '', true],
  ['Re: (fwd)', '', true],
  ['re', 're', false],
  ['re [x]', 're [x]', false],
  ['Re: Grüße', 'Grüße', true],
  ['[é]Ünder', 'Ünder', false],
]

for (const [subject, text, isReplyOrForward] of rows) {
  test(`the base of ${JSON.stringify(subject)} is ${JSON.stringify(text)}`, () => {
    assert.deepEqual(baseSubject(subject), { text, isReplyOrForward })
  })
}

test('a base subject is its own base, and has no mark', () => {
  const piece = fc.constantFrom(
    're',
    'fwd',
    'fw',
    ':',
    ' ',
    '[',
    ']',
    '(fwd)',
    '[fwd:',
    'x',
    'ü',
    '\t',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const { text } = baseSubject(pieces.join(''))
      assert.deepEqual(baseSubject(text).text, text)
      assert.ok(!text.startsWith(' ') && !text.endsWith(' '))
    }),
    { numRuns: 5000 },
  )
})

test('subjects made of nothing but marks end soon', () => {
  for (const unit of ['re:', '[]', '[a] ', '[fwd:', '(fwd)', '[', 're[x]', ' ']) {
    baseSubject(unit.repeat(4096 / unit.length))
    baseSubject(`${'[fwd:'.repeat(500)}${unit.repeat(100)}${']'.repeat(500)}`)
  }
})

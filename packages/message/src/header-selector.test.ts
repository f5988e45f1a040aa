import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { headerFields, selectHeaderFields } from './header-fields.ts'
import { HeaderSelector } from './header-selector.ts'

const piece = fc.constantFrom(
  'Subject: one\r\n',
  'subject: two\n',
  'FROM : ada@example.test\r\n',
  'From ada Sat Jan  1 00:00:00 2000\r\n',
  'X-Long: '.padEnd(300, 'x') + '\r\n',
  ' folded\r\n',
  '\tfolded',
  'no colon\r\n',
  ': no name\r\n',
  'To:',
  '\r\n',
  '\n',
  '\r',
)
const header = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join('')))
const names = fc.subarray(['Subject', 'FROM', 'to', 'x-long', 'Missing'])

test('what is selected are whole fields of the header, in their order, and all that are named', () => {
  fc.assert(
    fc.property(header, names, (octets, wanted) => {
      const span = { start: 0, end: octets.length }
      const isWanted = (name: string): boolean =>
        wanted.some((each) => each.toLowerCase() === name.toLowerCase())
      const fields = headerFields(octets, span)
      for (const mode of ['only', 'except'] as const) {
        const expected = fields.filter(({ name }) => isWanted(name) === (mode === 'only'))
        const selected = selectHeaderFields(octets, span, wanted, mode).toString()
        const text = Buffer.concat(expected.map(({ raw }) => raw)).toString()
        assert.ok(selected.startsWith(text))
        assert.match(selected.slice(text.length), /^(\r?\n)?$/)
      }
    }),
  )
})

test('a selector looks at one header after the other, anywhere in a buffer', () => {
  const selector = new HeaderSelector(['b', 'C'], 'only')
  const octets = Buffer.from('junk\nA: 1\nB: 2\nc: 3\n\nD: 4')
  selector.select(octets, 5, octets.length - 4)
  assert.deepEqual([...selector.ranges.subarray(0, 2 * selector.count)], [10, 21])
  assert.equal(selector.bytes, 11)
  selector.select(octets, octets.length - 4, octets.length)
  assert.equal(selector.count, 0)
  assert.equal(selector.bytes, 0)
})

test('a header may have any number of ranges', () => {
  const octets = Buffer.from('A: 1\nB: 2\n'.repeat(1000))
  const selector = new HeaderSelector(['a'], 'only')
  selector.select(octets, 0, octets.length)
  assert.equal(selector.count, 1000)
  assert.equal(selector.bytes, 5000)
})

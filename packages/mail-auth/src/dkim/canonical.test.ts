import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { viewMessage } from '../message-view.ts'
import { relaxedBody, simpleBody, type CanonicalBody } from './canonical-body.ts'
import { canonicalField } from './canonical-header.ts'

const folder = path.resolve(import.meta.dirname, '../../../../tests/vectors/dkim/canonicalisation')

/**
 * A body of nothing but empty lines and lines of white space. The set keeps one space of the last; RFC 6376 §3.4.4 ignores white
 * space at the end of every line, so that all of them are empty lines at the end of the body, and nothing is left.
 */
const allBlank = '24 relaxed'

for (const file of readdirSync(folder).filter((name) => name.startsWith('email.'))) {
  const number = file.slice('email.'.length)
  const purpose = readFileSync(path.join(folder, `purpose.${number}`), 'utf8').trim()
  for (const canonicalization of ['simple', 'relaxed'] as const) {
    test(`canonicalisation ${number}, ${canonicalization}: ${purpose}`, async () => {
      const text = readFileSync(path.join(folder, file), 'latin1').replace(/\r?\n/g, '\r\n')
      const { fields, body } = viewMessage(Buffer.from(text, 'latin1'))
      const header = fields.map((field) => canonicalField(field.text, canonicalization)).join('')
      const canonical = canonicalization === 'simple' ? simpleBody(body) : await relaxedBody(body)
      const written = readFileSync(
        path.join(folder, `${canonicalization}.expected.${number}`),
        'latin1',
      )
      const isAllBlank = `${number} ${canonicalization}` === allBlank
      const expected = isAllBlank ? written.replace(/(?<=\r\n\r\n)[\r\n ]+$/, '') : written
      const found = `${header}\r\n${bodyText(canonical)}`
      assert.equal(JSON.stringify(found), JSON.stringify(expected))
    })
  }
}

test('a relaxed body is what the rules make of it, line by line', async () => {
  const octet = fc.constantFrom('\r\n', '\r', '\n', ' ', '\t', ' \r\n', 'a', '\u00a0', '\0')
  await fc.assert(
    fc.asyncProperty(fc.array(octet, { maxLength: 60 }), async (octets) => {
      const text = octets.join('')
      const { content, hasEnd, length } = await relaxedBody(Buffer.from(text, 'latin1'))
      assert.equal(bodyText({ content, hasEnd, length }), byTheRules(text))
      assert.equal(length, byTheRules(text).length)
    }),
    { numRuns: 2000 },
  )
})

test('a large body is worked on in slices, and comes out the same', async () => {
  const text = 'two  words \t\r\n'.repeat(100_000) + ' \r\n'.repeat(200_000)
  const canonical = await relaxedBody(Buffer.from(text))
  assert.ok(bodyText(canonical) === 'two words\r\n'.repeat(100_000))
})

/** RFC 6376 §3.4.4, one rule after the other. */
function byTheRules(text: string): string {
  const lines = text
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+$/, '').replace(/[ \t]+/g, ' '))
  while (lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\r\n`).join('')
}

function bodyText({ content, hasEnd }: CanonicalBody): string {
  return content.toString('latin1') + (hasEnd ? '\r\n' : '')
}

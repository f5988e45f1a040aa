import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerFields } from '@posthouse/message'
import type { Finding } from '../stage.ts'
import type { FilterVerdict } from '../verdict.ts'
import { verdictFields } from './verdict-fields.ts'

const verdict = (more: Partial<FilterVerdict>): FilterVerdict => {
  return {
    action: 'junk',
    points: 7.25,
    junkAt: 6,
    reason: 'spam',
    findings: [],
    stages: [],
    ...more,
  }
}

test('the verdict is told in a line', () => {
  assert.equal(verdictFields(verdict({})), 'X-Posthouse-Verdict: junk; 7.25 of 6 points; spam\r\n')
  assert.equal(
    verdictFields(
      verdict({
        findings: [
          { symbol: 'ONE', points: 7, reason: 'r' },
          { symbol: 'TWO', points: 0.25, reason: 'r' },
        ],
      }),
    ),
    'X-Posthouse-Verdict: junk; 7.25 of 6 points; spam\r\nX-Posthouse-Findings: ONE 7, TWO 0.25\r\n',
  )
})

test('many findings are folded, cut and counted, in two fields of short ASCII lines', () => {
  const findings: Finding[] = Array.from({ length: 45 }, (_, i) => ({
    symbol: `A_RATHER_LONG_SYMBOL_${i}`,
    points: 1 / 3,
    reason: '',
  }))
  const octets = Buffer.from(verdictFields(verdict({ findings })))
  assert.equal(headerFields(octets, { start: 0, end: octets.length }).length, 2)
  assert.match(octets.toString('latin1'), /and 25 more\r\n$/)
  for (const line of octets.toString('latin1').split('\r\n'))
    assert.match(line, /^[\x20-\x7e]{0,78}$/)
})

test('a symbol cannot begin a field of its own', () => {
  const text = verdictFields(
    verdict({
      points: Number.NaN,
      findings: [{ symbol: 'A\r\nBcc: x@y', points: 1e300, reason: '' }],
    }),
  )
  assert.equal(text.split('\r\n').length, 3)
  assert.doesNotMatch(text, /NaN|Bcc:/i)
})

import assert from 'node:assert/strict'
import {
  anyLiteral,
  Cursor,
  nstring,
  number,
  parseWith,
  section as readSection,
} from '@posthouse/imap-wire'
import type { PlannedItem } from '../../../apps/imap/src/fetch/fetch-plan.ts'
import type { Material } from '../../../apps/imap/src/fetch/message-response.ts'
import { segmentsOf } from '../../../packages/imap-wire/src/testing/segments.ts'
import { body, envelope } from './response-grammar.ts'

/**
 * Reads a FETCH response by the letter (RFC 3501 §7.4.2, §9): the items that were asked for, in their order, and nothing else;
 * octets of a section must stand in the message, and be no more than were asked for.
 */
export function fetchResponse(
  text: Buffer,
  items: readonly PlannedItem[],
  material: Material,
): void {
  const cursor = new Cursor(segmentsOf(text.subarray(0, -2)))
  assert.equal(text.subarray(-2).toString('latin1'), '\r\n')
  const result = parseWith(cursor, (c) => {
    words(c, `* ${material.seq} FETCH (`)
    for (const [i, item] of items.entries()) {
      if (i > 0) words(c, ' ')
      if (item.kind === 'section' || item.kind === 'binary') section(c, item, material)
      else plain(c, item.item)
    }
    words(c, ')')
    if (!c.isAtEnd()) c.fail('something is left')
  })
  assert.ok(result.ok, result.ok ? '' : `${result.error.message}: ${text.toString('latin1')}`)
}

function words(c: Cursor, expected: string): void {
  for (const character of expected) c.expect(character.charCodeAt(0), expected)
}

function plain(c: Cursor, name: string): void {
  words(c, `${name} `)
  switch (name) {
    case 'ENVELOPE':
      return envelope(c)
    case 'BODY':
      return body(c, false)
    case 'BODYSTRUCTURE':
      return body(c, true)
    case 'PREVIEW':
      return void nstring(c)
    case 'UID':
      return void number(c)
    default:
      // States are short words, dates and lists of ids.
      while (!c.isAtEnd() && ![0x20, 0x29].includes(c.peek())) until(c)
  }
}

/** One word, string or list. */
function until(c: Cursor): void {
  const octet = c.peek()
  if (octet === 0x22) return void nstring(c)
  if (octet !== 0x28) return c.expect(octet, 'an octet')
  while (!c.accept(0x29)) c.expect(c.peek(), 'an octet')
}

function section(
  c: Cursor,
  item: Extract<PlannedItem, { kind: 'section' | 'binary' }>,
  { octets: whole }: Material,
): void {
  label(c, item)
  words(c, ' ')
  if (item.kind === 'binary' && item.isSize) return void number(c)
  const octets = c.peek() === 0x7e ? anyLiteral(c).octets : nstring(c)
  if (octets === null) return
  assert.ok(octets.length <= (item.partial?.count ?? Infinity), `${item.label}: too much`)
  if (item.kind === 'binary' || isChosen(item)) return
  assert.ok(whole?.includes(octets) === true, `${item.label}: not in the message`)
  const isWhole = item.section.part.length === 0 && item.section.text === undefined
  if (!isWhole) return
  const start = item.partial?.offset ?? 0
  const end = start + (item.partial?.count ?? whole.length)
  assert.ok(octets.equals(whole.subarray(start, end)), `${item.label}: another part of the message`)
}

/** As it was asked for. The name of a field may be a literal. */
function label(c: Cursor, item: Extract<PlannedItem, { kind: 'section' | 'binary' }>): void {
  if (!item.label.includes('\r\n')) return words(c, item.label)
  words(c, 'BODY')
  assert.deepEqual(readSection(c), item.section)
  if (item.partial !== undefined) words(c, `<${item.partial.offset}>`)
}

/** Header fields are gathered from several places. */
function isChosen(item: Extract<PlannedItem, { kind: 'section' }>): boolean {
  return item.section.text !== undefined && 'fields' in item.section.text
}

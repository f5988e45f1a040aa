import assert from 'node:assert/strict'
import { DatumReader, textOf, wordsOf, type Datum } from './datum.ts'

/** How a command ended, or what the server says by the way (RFC 3501 §7.1). */
export interface Condition {
  readonly kind: 'condition'
  readonly status: string
  /** The response code's name; empty where there is none. */
  readonly code: string
  /** What stands behind the name. */
  readonly value: string
  readonly text: string
}

/** `* n FETCH (…)`. */
export interface FetchResponse {
  readonly kind: 'fetch'
  readonly number: number
  readonly items: ReadonlyMap<string, Datum>
}

/** Numbers that SEARCH or SORT found, as SEARCH, SORT or ESEARCH. */
export interface Found {
  readonly kind: 'found'
  readonly numbers: readonly number[]
  /** Of ESEARCH: MIN, MAX, COUNT, MODSEQ. */
  readonly facts: ReadonlyMap<string, number>
  readonly isExtended: boolean
  readonly isUid: boolean
  readonly tag: string
}

/** An untagged response. */
export type Response =
  | Condition
  | FetchResponse
  | Found
  | { readonly kind: 'exists' | 'recent' | 'expunge'; readonly number: number }
  | { readonly kind: 'vanished'; readonly isEarlier: boolean; readonly uids: readonly number[] }
  | { readonly kind: 'flags'; readonly flags: readonly string[] }
  | { readonly kind: 'status'; readonly name: string; readonly items: ReadonlyMap<string, number> }
  | { readonly kind: 'thread'; readonly numbers: readonly number[] }
  | { readonly kind: 'other'; readonly name: string }

/** Reads an untagged response without its CRLF. Throws where it breaks the grammar. */
export function parseResponse(text: string): Response {
  const c = new DatumReader(text)
  c.expect('* ')
  const numbered = /^\d+ /.test(c.rest) ? c.number() : undefined
  if (numbered !== undefined) c.expect(' ')
  const name = c.atom().toUpperCase()
  const response = numbered === undefined ? parseNamed(name, c) : parseNumbered(numbered, name, c)
  c.end()
  return response
}

/** Reads what follows a tag: the end of a command. */
export function parseCondition(text: string): Condition {
  const c = new DatumReader(text)
  const condition = conditionOf(c.atom().toUpperCase(), c)
  c.end()
  return condition
}

/** All numbers of a set without `*`. */
export function expandSet(set: string): readonly number[] {
  return set.split(',').flatMap((part) => {
    assert.match(part, /^[1-9]\d*(:[1-9]\d*)?$/, `a set: ${set}`)
    const [first = 0, last = first] = part.split(':').map(Number)
    const low = Math.min(first, last)
    return Array.from({ length: Math.abs(last - first) + 1 }, (_, at) => low + at)
  })
}

const conditions = new Set(['OK', 'NO', 'BAD', 'BYE', 'PREAUTH'])
const unread = new Set(['CAPABILITY', 'ENABLED', 'ID', 'NAMESPACE', 'LIST', 'LSUB', 'QUOTA'])

function parseNamed(name: string, c: DatumReader): Response {
  if (conditions.has(name)) return conditionOf(name, c)
  switch (name) {
    case 'FLAGS':
      c.expect(' ')
      return { kind: 'flags', flags: wordsOf(c.datum()) }
    case 'SEARCH':
    case 'SORT':
      return listed(c)
    case 'ESEARCH':
      return extended(c)
    case 'STATUS':
      return statusOf(c)
    case 'THREAD':
      return { kind: 'thread', numbers: threads(c) }
    case 'VANISHED': {
      c.expect(' ')
      const isEarlier = c.accept('(EARLIER) ')
      return { kind: 'vanished', isEarlier, uids: expandSet(c.atom()) }
    }
    default:
      assert.ok(unread.has(name), `a response of no known kind: ${name}`)
      while (c.accept(' ')) c.datum()
      return { kind: 'other', name }
  }
}

function parseNumbered(number: number, name: string, c: DatumReader): Response {
  switch (name) {
    case 'EXISTS':
      return { kind: 'exists', number }
    case 'RECENT':
      return { kind: 'recent', number }
    case 'EXPUNGE':
      return { kind: 'expunge', number }
    default:
      assert.equal(name, 'FETCH')
      c.expect(' ')
      return { kind: 'fetch', number, items: pairs(c.datum()) }
  }
}

function conditionOf(status: string, c: DatumReader): Condition {
  assert.ok(conditions.has(status), `a condition: ${status}`)
  c.expect(' ')
  const match = /^\[([^\s\]]+)(?: ([^\]]*))?\] /.exec(c.rest)
  if (match !== null) c.expect(match[0])
  const text = c.rest
  assert.notEqual(text, '', 'a condition without words')
  c.expect(text)
  const [, code = '', value = ''] = match ?? []
  return { kind: 'condition', status, code: code.toUpperCase(), value, text }
}

function listed(c: DatumReader): Found {
  const numbers: number[] = []
  const facts = new Map<string, number>()
  while (c.accept(' ')) {
    if (!c.accept('(MODSEQ ')) {
      numbers.push(c.number())
      continue
    }
    facts.set('MODSEQ', c.number())
    c.expect(')')
  }
  return { kind: 'found', numbers, facts, isExtended: false, isUid: false, tag: '' }
}

/** RFC 4466 §2.6.2, RFC 4731 §3.1. */
function extended(c: DatumReader): Found {
  let tag = ''
  if (c.accept(' (TAG ')) {
    tag = textOf(c.datum())
    c.expect(')')
  }
  const isUid = c.accept(' UID')
  const facts = new Map<string, number>()
  let numbers: readonly number[] = []
  while (c.accept(' ')) {
    const name = c.atom().toUpperCase()
    c.expect(' ')
    if (name === 'ALL') numbers = expandSet(c.atom())
    else facts.set(name, c.number())
  }
  return { kind: 'found', numbers, facts, isExtended: true, isUid, tag }
}

function statusOf(c: DatumReader): Response {
  c.expect(' ')
  const name = textOf(c.datum())
  c.expect(' ')
  const items = [...pairs(c.datum())].map(([item, value]) => [item, Number(textOf(value))] as const)
  return { kind: 'status', name, items: new Map(items) }
}

function threads(c: DatumReader): readonly number[] {
  if (c.rest === '') return []
  c.expect(' ')
  const text = c.rest
  c.expect(text)
  assert.match(text, /^\([\d ()]+\)$/, 'threads')
  return [...text.matchAll(/\d+/g)].map(Number)
}

function pairs(datum: Datum): ReadonlyMap<string, Datum> {
  assert.ok(Array.isArray(datum) && datum.length % 2 === 0, 'a list of names and values')
  const found = new Map<string, Datum>()
  for (let at = 0; at < datum.length; at += 2) {
    const name = textOf(datum[at]).toUpperCase()
    assert.ok(!found.has(name), `${name} twice`)
    found.set(name, datum[at + 1] ?? null)
  }
  return found
}

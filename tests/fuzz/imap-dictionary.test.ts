import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { Cursor, literalMarker, parseWith, type Segment } from '@posthouse/imap-wire'
import * as fc from 'fast-check'
import { wholeCommand } from '../../packages/imap-wire/src/testing/commands.ts'
import { segmentsOf } from '../../packages/imap-wire/src/testing/segments.ts'

const folder = 'imap/fuzz-dicts-imap-codec/imap-codec/fuzz'

/** A dictionary in libFuzzer's format: one quoted word per line, with `\xNN`, `\\` and `\"`. */
function readDictionary(text: string): Buffer[] {
  const words: Buffer[] = []
  for (const line of text.split('\n')) {
    const quoted = /^\s*(?:\w+=)?"(.*)"\s*$/.exec(line)?.[1]
    if (quoted === undefined) continue
    const plain = quoted.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, escape: string) =>
      escape.length === 3 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape,
    )
    words.push(Buffer.from(plain, 'latin1'))
  }
  return words
}

/** imap-codec's dictionaries where the corpora are; undefined without them. */
function corpusWords(name: string): Buffer[] | undefined {
  const corpora = process.env['POSTHOUSE_CORPORA'] ?? ''
  const file = path.join(corpora, folder, name)
  if (corpora === '' || !existsSync(file)) return undefined
  return readDictionary(readFileSync(file, 'latin1'))
}

/** The words that stand in for the dictionary without the corpora. */
const ownWords = [
  '(',
  ')',
  '"',
  '{3}\r\n',
  '\\Seen',
  'BODY[',
  ']<0.1>',
  'NOT',
  '1:*',
  '&AOk-',
  '\0',
  'a1',
]

function wordsOf(context: TestContext, name: string): Buffer[] {
  const words = corpusWords(name)
  if (words !== undefined) return words
  context.diagnostic(`without the corpora: ${ownWords.length} words of our own instead of ${name}`)
  return ownWords.map((word) => Buffer.from(word, 'latin1'))
}

/** Understood, or refused at a place within the command; anything else is a bug and flies. */
function survive(octets: Buffer): void {
  const result = parseWith(new Cursor(segmentsOf(octets)), wholeCommand)
  if (!result.ok) assert.ok(result.error.position <= octets.length)
}

const starts = [
  '',
  'a1 ',
  'a1 SEARCH ',
  'a1 UID FETCH 1:* ',
  'a1 LIST ',
  'a1 APPEND ',
  'a1 STATUS ',
  'a1 ID ',
]

test('every sequence of the dictionary’s words is understood or refused', (context) => {
  const words = wordsOf(context, 'terminals.dict')
  const glue = [Buffer.alloc(0), Buffer.from(' '), Buffer.from('(')]
  const piece = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...glue))
  const command = fc.tuple(fc.constantFrom(...starts), fc.array(piece, { maxLength: 40 }))
  fc.assert(
    fc.property(command, ([start, pieces]) =>
      survive(Buffer.concat([Buffer.from(start), ...pieces])),
    ),
    { numRuns: 3000, seed: 20260101 },
  )
})

test('whole commands of the dictionary survive, spliced into one another anywhere', (context) => {
  const lines = wordsOf(context, 'imap.dict')
  for (const one of lines) {
    survive(one)
    for (const other of lines) {
      for (let cut = 0; cut < Math.min(one.length, 60); cut += 3) {
        survive(Buffer.concat([one.subarray(0, cut), other]))
      }
    }
  }
})

test('naughty strings are arguments like others: as literals they come through unchanged', (context) => {
  for (const word of wordsOf(context, 'blns.dict')) {
    survive(Buffer.concat([Buffer.from('a1 SELECT '), word]))
    survive(Buffer.concat([Buffer.from('a1 SEARCH TEXT "'), word, Buffer.from('"')]))
    const marker = Buffer.from(`a1 LOGIN {${word.length}+}`)
    const segments: Segment[] = [
      { kind: 'line', octets: marker },
      { kind: 'literal', octets: word },
      { kind: 'line', octets: Buffer.from(' secret') },
    ]
    assert.equal(literalMarker(marker)?.octets, word.length)
    const result = parseWith(new Cursor(segments), wholeCommand)
    assert.ok(result.ok || word.includes(0) || !isUtf8(word))
  }
})

function isUtf8(octets: Buffer): boolean {
  return Buffer.from(octets.toString('utf8'), 'utf8').equals(octets)
}

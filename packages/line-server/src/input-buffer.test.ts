import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputBuffer } from './input-buffer.ts'

const long = 'x'.repeat(200)
const stream = Buffer.from(
  `EHLO a\r\n\r\nbare\nwith\rcr\r\n${long}\r\nTAIL {12+}${long}{7+}\r\nQUIT\r\n`,
)
const expected = [
  'line:EHLO a',
  'line:',
  'line:bare',
  'line:with\rcr',
  `too-long:${long.slice(0, 64)}|${long.slice(0, 64)}`,
  `too-long:${`TAIL {12+}${long}`.slice(0, 64)}|${`${long}{7+}`.slice(-64)}`,
  'line:QUIT',
]

function take(input: InputBuffer, into: string[]): void {
  for (;;) {
    const taken = input.takeLine(100)
    if (taken === undefined) return
    into.push(
      taken.kind === 'line'
        ? `line:${taken.octets.toString()}`
        : `too-long:${taken.start.toString()}|${taken.end.toString()}`,
    )
  }
}

test('lines are the same wherever the stream is cut in two', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const input = new InputBuffer()
    const lines: string[] = []
    input.push(stream.subarray(0, cut))
    take(input, lines)
    input.push(stream.subarray(cut))
    take(input, lines)
    assert.deepEqual(lines, expected, `cut at ${cut}`)
    assert.equal(input.size, 0)
  }
})

test('lines are the same when octets come one by one', () => {
  const input = new InputBuffer()
  const lines: string[] = []
  for (const octet of stream) {
    input.push(Buffer.from([octet]))
    take(input, lines)
  }
  assert.deepEqual(lines, expected)
})

test('a line of exactly the limit is a line, one octet more is too long', () => {
  for (const end of ['\n', '\r\n']) {
    const input = new InputBuffer()
    input.push(Buffer.from(`${'y'.repeat(100)}${end}${'z'.repeat(101)}${end}`))
    assert.equal(input.takeLine(100)?.kind, 'line')
    assert.equal(input.takeLine(100)?.kind, 'too-long')
    assert.equal(input.takeLine(100), undefined)
  }
})

test('an endless line holds no memory', () => {
  const input = new InputBuffer()
  for (let i = 0; i < 1000; i++) {
    input.push(Buffer.alloc(10_000, 0x41))
    assert.equal(input.takeLine(100), undefined)
    assert.ok(input.size <= 101)
  }
  input.push(Buffer.from('\r\nNOOP\r\n'))
  assert.equal(input.takeLine(100)?.kind, 'too-long')
  assert.deepEqual(input.takeLine(100), { kind: 'line', octets: Buffer.from('NOOP') })
})

test('pieces and lines follow one another', () => {
  const input = new InputBuffer()
  input.push(Buffer.from('A {4}\r\nab'))
  assert.equal(input.takeLine(100)?.kind, 'line')
  assert.equal(input.takePiece(4)?.toString(), 'ab')
  input.push(Buffer.from('\r\nrest\r\n'))
  assert.equal(input.takePiece(2)?.toString(), '\r\n')
  assert.equal(input.hasLine, true)
  assert.deepEqual(input.takeLine(100), { kind: 'line', octets: Buffer.from('rest') })
  assert.equal(input.hasLine, false)
})

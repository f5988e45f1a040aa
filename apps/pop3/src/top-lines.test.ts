import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topLines } from './top-lines.ts'

async function top(pieces: readonly string[], lines: number): Promise<string> {
  let text = ''
  for await (const piece of topLines(
    pieces.map((part) => Buffer.from(part)),
    lines,
  )) {
    text += piece.toString()
  }
  return text
}

const message = 'A: 1\r\nB: 2\r\n\r\none\r\ntwo\r\n\r\nfour'

test('the header, the empty line, and as many lines as asked for', async () => {
  assert.equal(await top([message], 0), 'A: 1\r\nB: 2\r\n\r\n')
  assert.equal(await top([message], 2), 'A: 1\r\nB: 2\r\n\r\none\r\ntwo\r\n')
  assert.equal(await top([message], 3), 'A: 1\r\nB: 2\r\n\r\none\r\ntwo\r\n\r\n')
  assert.equal(await top([message], 999), message)
})

test('it is the same wherever the message is cut', async () => {
  for (const lines of [0, 1, 3]) {
    const whole = await top([message], lines)
    for (let cut = 0; cut <= message.length; cut++) {
      assert.equal(await top([message.slice(0, cut), message.slice(cut)], lines), whole)
    }
    assert.equal(await top(message.split(''), lines), whole)
  }
})

test('a message without a body, without a header, or with bare line feeds', async () => {
  assert.equal(await top(['A: 1\r\nB: 2'], 5), 'A: 1\r\nB: 2')
  assert.equal(await top(['\r\nbody\r\nmore\r\n'], 1), '\r\nbody\r\n')
  assert.equal(await top(['A: 1\n\none\ntwo\n'], 1), 'A: 1\n\none\n')
})

test('nothing is read behind the end', async () => {
  let read = 0
  async function* pieces(): AsyncGenerator<Buffer> {
    for (const piece of ['A: 1\r\n', '\r\n', 'one\r\n', 'two\r\n']) {
      read += 1
      yield Buffer.from(piece)
    }
  }
  for await (const piece of topLines(pieces(), 1)) assert.ok(piece)
  assert.equal(read, 3)
})

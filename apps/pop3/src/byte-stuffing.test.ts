import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { stuffed, stuffedWhole } from './byte-stuffing.ts'

async function wire(pieces: readonly Buffer[]): Promise<string> {
  const sent: Buffer[] = []
  for await (const piece of stuffed(pieces)) sent.push(piece)
  return Buffer.concat(sent).toString('latin1')
}

/** What a client by the letter makes of it (RFC 1939 §3). */
function unstuff(text: string): string {
  assert.ok(text === '.\r\n' || text.endsWith('\r\n.\r\n'), JSON.stringify(text))
  const body = text.slice(0, -'.\r\n'.length)
  assert.ok(!`\r\n${body}`.includes('\r\n.\r\n'), 'the terminator comes once')
  return `\r\n${body}`.replaceAll('\r\n.', '\r\n').slice(2)
}

const examples = [
  '',
  '.',
  '..',
  'a',
  'a\r\n',
  '.\r\n.\r\n',
  'a\r\n.b\r\n..\r\n.',
  'a\r',
  'a\n.\n.',
  '\r\r\n.\r',
  `${'x'.repeat(2000)}\r\n.y\r\n`,
]

test('a client gets back what was there, and a line end where it had none', async () => {
  for (const example of examples) {
    const expected = example === '' || example.endsWith('\r\n') ? example : `${example}\r\n`
    assert.equal(unstuff(await wire([Buffer.from(example, 'latin1')])), expected)
  }
})

test('it is the same wherever the message is cut', async () => {
  for (const example of examples.filter(({ length }) => length < 100)) {
    const octets = Buffer.from(example, 'latin1')
    const whole = await wire([octets])
    for (let cut = 0; cut <= octets.length; cut++) {
      assert.equal(await wire([octets.subarray(0, cut), octets.subarray(cut)]), whole)
    }
    assert.equal(await wire(Array.from(octets, (octet) => Buffer.from([octet]))), whole)
  }
})

test('any message cut anyhow comes back', () => {
  const piece = fc.array(fc.constantFrom('\r', '\n', '.', 'a', '\r\n.'), { maxLength: 8 })
  return fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
      const message = pieces.flat().join('')
      const text = await wire(pieces.map((parts) => Buffer.from(parts.join(''))))
      const end = message === '' || message.endsWith('\r\n') ? '' : '\r\n'
      assert.equal(unstuff(text), message + end)
    }),
  )
})

test('a message that is whole in memory is sent as one that comes in pieces', async () => {
  for (const example of [...examples, `${'y'.repeat(511)}\r\n`, `.${'z\r\n.'.repeat(400)}`]) {
    const octets = Buffer.from(example, 'latin1')
    const pieces = stuffedWhole(octets)
    assert.equal(Buffer.concat(pieces).toString('latin1'), await wire([octets]))
    assert.ok(pieces.length <= 2)
    const isWhole = pieces.length === 1 || (pieces.at(-1)?.length ?? 0) > 512
    assert.ok(isWhole, 'the terminator does not leave alone')
  }
})

test('the terminator leaves together with the end of the message', async () => {
  const pieces: Buffer[] = []
  for await (const piece of stuffed([Buffer.from('a\r\n'), Buffer.from('b\r\n')]))
    pieces.push(piece)
  assert.equal(pieces.at(-1)?.toString(), 'b\r\n.\r\n')
})

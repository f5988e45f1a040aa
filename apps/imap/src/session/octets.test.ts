import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Octets, untagged } from './octets.ts'

test('numbers of every length come out in decimal', () => {
  const numbers = [0, 1, 9, 10, 99, 100, 12345, 2147483647, 4294967294, 4294967295, 2 ** 53 - 1]
  const out = new Octets(1)
  for (const number of numbers) out.uint(number).ascii(' ')
  assert.equal(out.take().toString(), `${numbers.join(' ')} `)
})

test('what was taken is not touched by what comes after', () => {
  const out = new Octets(4)
  const first = out.ascii('one ').octets(Buffer.from('two')).take()
  assert.equal(out.length, 0)
  const second = out.literal(Buffer.from('three\r\n')).take()
  assert.equal(first.toString(), 'one two')
  assert.equal(second.toString(), '{7}\r\nthree\r\n')
})

test('memory that was given back is used again, and what grew is not kept', () => {
  const first = Octets.borrow()
  const lent = first.ascii('one').lend()
  first.giveBack()
  const second = Octets.borrow().ascii('two')
  assert.equal(lent.toString(), 'two')
  assert.notEqual(Octets.borrow().ascii('three').lend().buffer, lent.buffer)
  second.octets(Buffer.alloc(1024 * 1024)).giveBack()
  assert.ok(Octets.borrow().ascii('four').lend().buffer.byteLength < 1024 * 1024)
})

test('an untagged response begins with a star and ends with CRLF', () => {
  assert.equal(untagged('BYE').toString(), '* BYE\r\n')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from './limits.ts'
import { ReadAhead } from './read-ahead.ts'

/** A maildrop of messages that say their number. */
function maildrop(count: number, size = 100) {
  const queries: number[][] = []
  const broken = { isBroken: false }
  const readAhead = new ReadAhead({
    async fetch(numbers) {
      queries.push([...numbers])
      if (broken.isBroken) throw new Error('away')
      return new Map(numbers.map((number) => [number, Buffer.from(String(number))]))
    },
    *following(first) {
      for (let number = first; number <= count; number++) yield { number, size }
    },
  })
  const read = async (number: number) => (await readAhead.read(number))?.toString()
  return { queries, broken, read }
}

test('reading from one end to the other costs a query for 32 messages', async () => {
  const { queries, read } = maildrop(100)
  for (let number = 1; number <= 100; number++) assert.equal(await read(number), String(number))
  assert.deepEqual(
    queries.map(({ length }) => length),
    [32, 32, 32, 4],
  )
})

test('a message out of the order is fetched alone, and the order is found again behind it', async () => {
  const { queries, read } = maildrop(100)
  assert.equal(await read(50), '50')
  assert.deepEqual(queries, [[50]])
  for (let number = 51; number <= 60; number++) assert.equal(await read(number), String(number))
  assert.deepEqual(
    queries.map(([first, ...rest]) => [first, rest.length]),
    [
      [50, 0],
      [51, 31],
    ],
  )
  assert.equal(await read(3), '3')
  assert.equal(queries.length, 3)
})

test('messages that are skipped cost nothing more', async () => {
  const { queries, read } = maildrop(64)
  for (const number of [1, 2, 5, 9, 30, 31, 33, 40])
    assert.equal(await read(number), String(number))
  assert.equal(queries.length, 2)
})

test('a block is bounded by octets, and one message is always read', async () => {
  const { queries, read } = maildrop(10, limits.readAheadBytes * 0.6)
  for (let number = 1; number <= 10; number++) assert.equal(await read(number), String(number))
  assert.equal(queries.length, 10)
})

test('a failure is told to the reader, and the next read tries again', async () => {
  const { broken, read } = maildrop(10)
  broken.isBroken = true
  await assert.rejects(read(1), /away/)
  await assert.rejects(read(1), /away/)
  broken.isBroken = false
  assert.equal(await read(1), '1')
})

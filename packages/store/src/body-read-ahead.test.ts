import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyBlock } from './body-block.ts'
import type { WantedMessage } from './body-blocks.ts'
import { BodyReadAhead } from './body-read-ahead.ts'
import { messageId } from './ids.ts'
import { OctetSlabs, slabBytes } from './octet-slabs.ts'

/** Messages 1 to `count` that say their number, read in ascending order. */
function messages(count: number, options: { size?: number; slabs?: number } = {}) {
  const { size = 100, slabs: most = 2 } = options
  const slabs = new OctetSlabs(most)
  const queries: number[][] = []
  const state = { isBroken: false, singles: 0 }
  const read = async (block: readonly WantedMessage[], bodies: BodyBlock) => {
    await new Promise(setImmediate)
    if (state.isBroken) {
      bodies.abandon()
      throw new Error('away')
    }
    for (const { messageId: id } of block) bodies.add(id, Buffer.from('#'), Buffer.from(String(id)))
    return bodies
  }
  const ahead = new BodyReadAhead<WantedMessage>({
    get hasRoom() {
      return slabs.hasRoom
    },
    begin(block) {
      const slab = slabs.lend()
      if (slab === undefined) return undefined
      queries.push(block.map(({ messageId: id }) => id))
      return read(block, new BodyBlock(slab))
    },
    async one({ messageId: id }) {
      state.singles++
      return Buffer.from(`#${id}`)
    },
  })
  const wanted = (n: number) => ({ messageId: messageId(n), size })
  const following = function* ({ messageId: id }: WantedMessage) {
    for (let n = id + 1; n <= count; n++) yield wanted(n)
  }
  return {
    ahead,
    slabs,
    queries,
    state,
    next: async (n: number) => (await ahead.read(wanted(n), following))?.toString(),
    alone: async (n: number) => (await ahead.read(wanted(n)))?.toString(),
  }
}

test('who reads from one end to the other has them by the block, growing, in two pieces of memory', async () => {
  const { ahead, queries, slabs, state, next } = messages(1000)
  for (let n = 1; n <= 1000; n++) {
    assert.equal(await next(n), `#${n}`)
    assert.ok(slabs.lent <= 2)
  }
  assert.deepEqual(
    queries.map(({ length }) => length),
    [4, 32, 256, 256, 256, 196],
  )
  assert.equal(state.singles, 0)
  ahead.forget()
  await new Promise(setImmediate)
  assert.equal(slabs.lent, 0)
})

test('a message out of any order is read alone, and the order is found again behind it', async () => {
  const { queries, state, next, alone } = messages(100)
  assert.equal(await alone(50), '#50')
  assert.deepEqual([queries.length, state.singles], [0, 1])
  for (let n = 51; n <= 60; n++) assert.equal(await next(n), `#${n}`)
  assert.deepEqual(
    queries.map(([first, ...rest]) => [first, rest.length]),
    [
      [51, 3],
      [55, 31],
    ],
  )
  assert.equal(await alone(3), '#3')
  assert.equal(queries.length, 2)
})

test('what is at hand costs nothing more, in whatever order', async () => {
  const { queries, state, next, alone } = messages(4)
  assert.equal(await next(1), '#1')
  for (const n of [4, 2, 3, 3, 1]) assert.equal(await alone(n), `#${n}`)
  assert.deepEqual([queries.length, state.singles], [1, 0])
})

test('a block is bounded by octets, and large messages are read alone', async () => {
  const { queries, state, next } = messages(10, { size: slabBytes * 0.6 })
  for (let n = 1; n <= 10; n++) assert.equal(await next(n), `#${n}`)
  assert.deepEqual([queries.length, state.singles], [0, 10])
})

test('without memory messages are read one after another, and none is lost', async () => {
  const { queries, state, slabs, next } = messages(20, { slabs: 0 })
  for (let n = 1; n <= 20; n++) assert.equal(await next(n), `#${n}`)
  assert.deepEqual([queries.length, state.singles, slabs.lent], [0, 20, 0])
})

test('a failure is told to the reader, gives the memory back, and the next read tries again', async () => {
  const { state, slabs, next } = messages(10)
  state.isBroken = true
  await assert.rejects(next(1), /away/)
  await assert.rejects(next(1), /away/)
  assert.equal(slabs.lent, 0)
  state.isBroken = false
  assert.equal(await next(1), '#1')
})

test('what was read last stays whole when all is forgotten and the memory goes to others', async () => {
  const { ahead, slabs } = messages(10)
  const size = 100
  const octets = await ahead.read({ messageId: messageId(1), size }, ({ messageId: id }) => [
    { messageId: messageId(id + 1), size },
  ])
  ahead.forget()
  await new Promise(setImmediate)
  for (const slab of [slabs.lend(), slabs.lend()]) slab?.octets.fill('!')
  assert.equal(octets?.toString(), '#1')
})

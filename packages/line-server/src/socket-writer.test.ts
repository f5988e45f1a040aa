import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { SocketWriter } from './socket-writer.ts'

const sockets = new Set<Socket>()
const arrivals: ((socket: Socket) => void)[] = []
const server = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => undefined)
  arrivals.shift()?.(socket)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/** Both ends of a connection. */
async function pair(): Promise<{ readonly here: Socket; readonly there: Socket }> {
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const arrived = new Promise<Socket>((resolve) => arrivals.push(resolve))
  const there = connect({ host: '127.0.0.1', port: address.port })
  sockets.add(there)
  there.on('error', () => undefined)
  return { here: await arrived, there }
}

test('large and small pieces arrive in order, though their memory is used again', async () => {
  const { here, there } = await pair()
  const writer = new SocketWriter(here)
  const lengths = Array.from({ length: 300 }, (_, i) => (i % 50 === 7 ? 700_000 : (i * 37) % 9000))
  const received: Buffer[] = []
  const isOver = (async () => {
    for await (const chunk of there) received.push(chunk)
  })()
  const memory = Buffer.alloc(700_000)
  for (const [i, length] of lengths.entries()) {
    const piece = memory.subarray(0, length).fill(i % 251)
    await writer.write(piece)
    await writer.write(`${i};`)
    memory.fill(0xff)
  }
  await writer.flush()
  assert.equal(writer.pendingBytes, 0)
  here.end()
  await isOver
  const expected = lengths.flatMap((length, i) => [
    Buffer.alloc(length, i % 251),
    Buffer.from(`${i};`),
  ])
  assert.ok(Buffer.concat(received).equals(Buffer.concat(expected)))
})

test('for a peer that does not read no more than a bound is held, and it goes on when it reads', async () => {
  const { here, there } = await pair()
  there.pause()
  const writer = new SocketWriter(here)
  let written = 0
  const writes = { isWaiting: false }
  const most = 64 * 1024 * 1024
  const writing = (async () => {
    const piece = Buffer.alloc(50_000, 'a')
    for (; written < most; written += piece.length) {
      const room = writer.write(piece)
      writes.isWaiting = room !== undefined
      await room
      writes.isWaiting = false
    }
    await writer.flush()
  })()
  // The system's own buffers are full at some time; then the writer must have been told to wait.
  while (!writes.isWaiting || here.writableLength === 0) await new Promise(setImmediate)
  assert.ok(writer.pendingBytes <= 512 * 1024, `${writer.pendingBytes} held`)
  assert.ok(written < most)
  there.resume()
  await writing
  assert.equal(writer.pendingBytes, 0)
})

test('a connection that ends lets everyone go who waits', async () => {
  const { here, there } = await pair()
  there.pause()
  const writer = new SocketWriter(here)
  const large = writer.write(Buffer.alloc(20_000_000))
  const more = writer.write('more')
  const flushed = writer.flush()
  writer.close()
  here.destroy()
  await large
  await more
  await flushed
  assert.equal(writer.pendingBytes, 0)
  assert.equal(writer.write('nothing'), undefined)
})

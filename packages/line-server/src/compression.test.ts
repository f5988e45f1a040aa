import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { constants, createInflateRaw, deflateRawSync } from 'node:zlib'
import { silentLog } from '@posthouse/telemetry'
import type { Connection } from './connection.ts'
import { Deflater } from './deflater.ts'
import { listen, type Listener } from './listen.ts'

const limits = { maxBytes: 1000, deadlineMs: 30_000 }
const pace = { idleMs: 30_000 }
const open: Listener[] = []
after(() => Promise.all(open.map((listener) => listener.close(0))))

async function start(onConnection: (connection: Connection) => Promise<void>): Promise<Listener> {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    log: silentLog,
    onConnection,
  })
  open.push(listener)
  return listener
}

async function echo(connection: Connection): Promise<void> {
  await connection.reader.readLine(limits)
  await connection.startCompression('go\r\n')
  for (;;) {
    const read = await connection.reader.readLine(limits)
    if (read.kind === 'too-long') await connection.write('too long\r\n')
    else if (read.kind !== 'line') return
    else await connection.write(`<${read.octets.toString('latin1')}>\r\n`)
  }
}

/** A client behind `go`: what it sends is its own business, what it gets is inflated. */
async function compressed(port: number): Promise<{ socket: Socket; all: Promise<Buffer> }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('compress\r\n')
  const [go] = (await once(socket, 'data')) as [Buffer]
  assert.equal(go.toString('latin1', 0, 4), 'go\r\n')
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
  inflate.write(go.subarray(4))
  socket.pipe(inflate)
  return { socket, all: bytesOf(inflate) }
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

function deflated(text: string, finishFlush = constants.Z_SYNC_FLUSH): Buffer {
  return deflateRawSync(text, { finishFlush })
}

test('a compressed dialogue is the same wherever it is cut', async () => {
  const listener = await start(echo)
  const input = deflated(`one\r\n${'x'.repeat(1500)}\r\ntwo\r\n`)
  for (let cut = 0; cut <= input.length; cut += 1) {
    const { socket, all } = await compressed(listener.port)
    socket.write(input.subarray(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    socket.end(input.subarray(cut))
    assert.equal((await all).toString(), '<one>\r\ntoo long\r\n<two>\r\n', `cut at ${cut}`)
  }
})

for (const [name, flush] of [
  ['partial', constants.Z_PARTIAL_FLUSH],
  ['sync', constants.Z_SYNC_FLUSH],
  ['full', constants.Z_FULL_FLUSH],
] as const) {
  test(`a line that ends with a ${name} flush is answered at once`, async () => {
    const listener = await start(echo)
    const { socket, all } = await compressed(listener.port)
    const answered = once(socket, 'data')
    socket.write(deflated('hello\r\n', flush))
    await answered
    socket.end()
    assert.equal((await all).toString(), '<hello>\r\n')
  })
}

test('what was sent ahead of the go-ahead counts as compressed', async () => {
  const listener = await start(echo)
  const socket = connect(listener.port, '127.0.0.1')
  socket.end(Buffer.concat([Buffer.from('compress\r\n'), deflated('early\r\n')]))
  const all = await bytesOf(socket)
  assert.equal(all.subarray(0, 4).toString(), 'go\r\n')
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
  inflate.end(all.subarray(4))
  assert.equal((await bytesOf(inflate)).toString(), '<early>\r\n')
})

test('a large answer arrives whole, whatever its pieces are', async () => {
  const random = randomBytes(3_000_000)
  const listener = await start(async (connection) => {
    await connection.reader.readLine(limits)
    await connection.startCompression('go\r\n')
    for (let at = 0, size = 1; at < random.length; at += size, size = (size * 3) % 400_000) {
      await connection.write(random.subarray(at, at + size))
      if (size % 7 === 0) await connection.flush()
    }
  })
  const { all } = await compressed(listener.port)
  assert.ok((await all).equals(random))
})

test('what nobody reads is not inflated: a bomb waits in the network', async () => {
  const stopped = Promise.withResolvers<number>()
  const listener = await start(async (connection) => {
    await connection.reader.readLine(limits)
    await connection.startCompression('go\r\n')
    while (connection.reader.bufferedBytes === 0) await new Promise((r) => setImmediate(r))
    let before = -1
    // Grows until the pause takes hold, then stands still.
    for (let still = 0; still < 20;) {
      await new Promise((resolve) => setTimeout(resolve, 2))
      still = connection.reader.bufferedBytes === before ? still + 1 : 0
      before = connection.reader.bufferedBytes
    }
    stopped.resolve(before)
    await connection.reader.skip(20_000_000, pace)
    await connection.write('skipped\r\n')
  })
  const { socket, all } = await compressed(listener.port)
  socket.write(deflated('a'.repeat(20_000_000)))
  assert.ok((await stopped.promise) < 1_000_000)
  assert.equal((await all).toString(), 'skipped\r\n')
  socket.destroy()
})

test('octets that are no DEFLATE stream end the connection and nothing else', async () => {
  const listener = await start(echo)
  const { socket, all } = await compressed(listener.port)
  socket.write(Buffer.alloc(64, 0xff))
  await all.catch(() => undefined)
  const next = await compressed(listener.port)
  next.socket.end(deflated('fine\r\n'))
  assert.equal((await next.all).toString(), '<fine>\r\n')
})

test('a repeated answer costs a few octets: pieces refer to the ones before', () => {
  const deflater = new Deflater()
  const text = randomBytes(6_000)
  assert.ok(deflater.compress(text).length > 5_900)
  assert.ok(deflater.compress(text).length < 200)
})

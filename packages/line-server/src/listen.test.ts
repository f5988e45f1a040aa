import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { silentLog } from '@posthouse/telemetry'
import type { Connection } from './connection.ts'
import { listen, type Listener, type ListenOptions } from './listen.ts'
import { ListenError } from './listen-error.ts'

const year = 365 * 24 * 3600 * 1000
const validity = { notBefore: new Date(Date.now() - year), notAfter: new Date(Date.now() + year) }
const authority = createAuthority('test', validity)
const leaf = issueCertificate(authority, ['localhost'], validity)
const secureContext = createSecureContext({ cert: leaf.cert, key: leaf.key })
const tls = { current: () => secureContext }
const limits = { maxBytes: 1000, deadlineMs: 30_000 }

const open: Listener[] = []
after(() => Promise.all(open.map((listener) => listener.close(0))))

async function start(
  onConnection: (connection: Connection) => void | Promise<void>,
  more: Partial<ListenOptions> = {},
): Promise<Listener> {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    log: silentLog,
    onConnection,
    ...more,
  })
  open.push(listener)
  return listener
}

/** A client that keeps everything it is sent. */
function client(port: number): { socket: Socket; all: Promise<string> } {
  const socket = connectTcp(port, '127.0.0.1')
  return { socket, all: textOf(socket) }
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  if (!socket.destroyed) await once(socket, 'close').catch(() => undefined)
  return text
}

async function echo(connection: Connection): Promise<void> {
  for (;;) {
    const read = await connection.reader.readLine(limits)
    if (read.kind === 'closed' || read.kind === 'timeout') return
    if (read.kind === 'too-long') await connection.write('too long\r\n')
    if (read.kind !== 'line') continue
    const line = read.octets.toString('latin1')
    await connection.write(`<${line}>\r\n`)
    if (line === 'quit') return
  }
}

test('a dialogue is the same wherever it is cut, and replies to pipelined lines keep their order', async () => {
  const listener = await start(echo)
  const input = `one\r\n${'x'.repeat(1500)}\r\ntwo\nquit\r\nafter\r\n`
  for (const cut of [0, 1, 4, 5, 6, 900, 1505, 1506, 1507, 1510, 1512, 1516, input.length]) {
    const { socket, all } = client(listener.port)
    socket.write(input.slice(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(input.slice(cut))
    assert.equal(await all, '<one>\r\ntoo long\r\n<two>\r\n<quit>\r\n', `cut at ${cut}`)
  }
})

test('a client that half-closes still gets its answers', async () => {
  const listener = await start(echo)
  const { socket, all } = client(listener.port)
  socket.end('one\r\ntwo\r\n')
  assert.equal(await all, '<one>\r\n<two>\r\n')
})

test('a line that drips in slowly meets the deadline', async () => {
  const seen = Promise.withResolvers<string>()
  const listener = await start(async (connection) => {
    const read = await connection.reader.readLine({ maxBytes: 100, deadlineMs: 300 })
    seen.resolve(read.kind)
  })
  const { socket } = client(listener.port)
  const drip = setInterval(() => socket.write('x'), 20)
  assert.equal(await seen.promise, 'timeout')
  clearInterval(drip)
  socket.destroy()
})

test('a wait for a line can be cancelled without losing what has come', async () => {
  const seen = Promise.withResolvers<string[]>()
  const listener = await start(async (connection) => {
    const cancel = new AbortController()
    await connection.write('ready\r\n')
    const first = connection.reader.readLine({ ...limits, signal: cancel.signal })
    while (connection.reader.bufferedBytes < 3) await new Promise((r) => setTimeout(r, 1))
    cancel.abort()
    const kinds: string[] = [(await first).kind]
    await connection.write('go on\r\n')
    const second = await connection.reader.readLine(limits)
    kinds.push(second.kind === 'line' ? second.octets.toString() : second.kind)
    seen.resolve(kinds)
  })
  const { socket } = client(listener.port)
  socket.write('abc')
  socket.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('go on')) socket.write('def\r\n')
  })
  assert.deepEqual(await seen.promise, ['cancelled', 'abcdef'])
  socket.destroy()
})

test('literals come whole, in pieces, or are skipped, with lines after them', async () => {
  const seen = Promise.withResolvers<string>()
  const other = await start(async (connection) => {
    const { reader } = connection
    const idle = { idleMs: 30_000 }
    const whole = await reader.readLiteral(200_000, idle)
    let pieces = 0
    for await (const piece of reader.literalPieces(300_000, idle)) pieces += piece.length
    const skipped = await reader.skip(5_000_000, idle)
    const line = await reader.readLine(limits)
    assert.ok(whole.kind === 'octets' && line.kind === 'line')
    assert.ok(whole.octets.every((octet) => octet === 0x61))
    seen.resolve(`${whole.octets.length} ${pieces} ${skipped.kind} ${line.octets.toString()}`)
  })
  const { socket } = client(other.port)
  socket.write(Buffer.alloc(200_000, 'a'))
  socket.write(Buffer.alloc(300_000, 'b'))
  socket.write(Buffer.alloc(5_000_000, 'c'))
  socket.write('end\r\n')
  assert.equal(await seen.promise, '200000 300000 skipped end')
  socket.destroy()
})

test('a literal that is announced and cut off ends as closed, one that stalls as timeout', async () => {
  const kinds: string[] = []
  const both = Promise.withResolvers<void>()
  const listener = await start(async ({ reader }) => {
    kinds.push((await reader.readLiteral(1_000_000, { idleMs: 300 })).kind)
    if (kinds.length === 2) both.resolve()
  })
  const first = client(listener.port)
  first.socket.end('abc')
  await first.all
  const second = client(listener.port)
  second.socket.write('abc')
  await both.promise
  assert.deepEqual(kinds, ['closed', 'timeout'])
  second.socket.destroy()
})

test('a flood that nobody reads waits in the network, not in memory', async () => {
  const connected = Promise.withResolvers<Connection>()
  const finish = Promise.withResolvers<void>()
  const listener = await start(async (connection) => {
    connected.resolve(connection)
    await finish.promise
  })
  const { socket } = client(listener.port)
  const connection = await connected.promise
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  for (let i = 0; i < 32; i++) socket.write(chunk)
  while (connection.reader.bufferedBytes < 64 * 1024) await new Promise((r) => setTimeout(r, 5))
  for (let i = 0; i < 20; i++) await new Promise((r) => setTimeout(r, 5))
  assert.ok(connection.reader.bufferedBytes < 1024 * 1024)
  finish.resolve()
  socket.destroy()
})

test('a client that never reads makes the writer wait, and is closed after a time', async () => {
  const ended = Promise.withResolvers<{ max: number; aborted: boolean }>()
  const listener = await start(
    async (connection) => {
      const chunk = Buffer.alloc(100_000, 'x')
      let max = 0
      for (let i = 0; i < 1000 && !connection.closed.aborted; i++) {
        await connection.write(chunk)
        max = Math.max(max, connection.pendingBytes)
      }
      ended.resolve({ max, aborted: connection.closed.aborted })
    },
    { writeStallMs: 400 },
  )
  const socket = connectTcp(listener.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.pause()
  const { max, aborted } = await ended.promise
  assert.equal(aborted, true)
  assert.ok(max < 1_000_000, `waiting: ${max}`)
  socket.destroy()
})

test('STARTTLS throws away what was pipelined behind it in clear text', async () => {
  const seen = Promise.withResolvers<string[]>()
  const listener = await start(async (connection) => {
    const lines: string[] = []
    for (;;) {
      const read = await connection.reader.readLine(limits)
      if (read.kind !== 'line') break
      const line = read.octets.toString()
      lines.push(`${connection.secure ? 'tls' : 'clear'}:${line}`)
      if (line === 'starttls') assert.equal(await connection.startTls(tls, 'go\r\n'), true)
      if (line === 'quit') break
    }
    seen.resolve(lines)
  })
  const socket = connectTcp(listener.port, '127.0.0.1')
  socket.write('hello\r\nstarttls\r\ninjected\r\n')
  const [reply] = await once(socket, 'data')
  assert.equal(String(reply), 'go\r\n')
  const secure = connectTls({ socket, ca: authority.cert, servername: 'localhost' })
  await once(secure, 'secureConnect')
  assert.equal(secure.authorized, true)
  secure.write('first\r\nquit\r\n')
  assert.deepEqual(await seen.promise, ['clear:hello', 'clear:starttls', 'tls:first', 'tls:quit'])
  secure.destroy()
})

test('implicit TLS shows what was negotiated, and large answers come through whole', async () => {
  const details = Promise.withResolvers<string>()
  const listener = await start(
    async (connection) => {
      details.resolve(`${connection.tlsDetails?.protocol} ${connection.tlsDetails?.serverName}`)
      await connection.write(Buffer.alloc(3_000_000, 'x'))
    },
    { tls },
  )
  const secure = connectTls({
    port: listener.port,
    host: '127.0.0.1',
    ca: authority.cert,
    servername: 'localhost',
  })
  assert.equal((await textOf(secure)).length, 3_000_000)
  assert.equal(await details.promise, 'TLSv1.3 localhost')
})

test('no end of a peer at any instant disturbs the listener', async () => {
  const clear = await start(echo)
  const starting = await start(async (connection) => {
    await connection.reader.readLine(limits)
    if (await connection.startTls(tls, 'go\r\n')) await echo(connection)
  })
  const implicit = await start(echo, { tls })
  const hello = await clientHello()
  for (const { port } of [clear, starting, implicit]) {
    for (let cut = 0; cut < hello.length; cut += 40) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      if (port === starting.port) socket.write('starttls\r\n')
      socket.write(hello.subarray(0, cut))
      if (cut % 80 === 0) socket.resetAndDestroy()
      else socket.end('\u0000\u0001garbage')
      socket.resume()
    }
  }
  const { socket, all } = client(clear.port)
  socket.write('still here\r\nquit\r\n')
  assert.equal(await all, '<still here>\r\n<quit>\r\n')
})

/** The first octets that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const seen = Promise.withResolvers<Buffer>()
  const listener = await start(async ({ reader }) => {
    for await (const piece of reader.literalPieces(5000, { idleMs: 30_000 })) {
      seen.resolve(piece)
      return
    }
  })
  const raw = connectTls({ port: listener.port, host: '127.0.0.1' })
  raw.on('error', () => undefined)
  const hello = await seen.promise
  raw.destroy()
  return hello
}

test('connections over the limit are told so and closed, and places are given back', async () => {
  const listener = await start(echo, {
    maxConnectionsPerAddress: 2,
    countLoopback: true,
    busyLine: 'busy\r\n',
  })
  const first = client(listener.port)
  const second = client(listener.port)
  first.socket.write('a\r\n')
  second.socket.write('b\r\n')
  await Promise.all([once(first.socket, 'data'), once(second.socket, 'data')])
  assert.equal(await client(listener.port).all, 'busy\r\n')
  first.socket.end('quit\r\n')
  await first.all
  while (listener.connections.size > 1) await new Promise((r) => setTimeout(r, 5))
  const third = client(listener.port)
  third.socket.write('quit\r\n')
  assert.equal(await third.all, '<quit>\r\n')
  second.socket.destroy()
})

test('a session that throws costs only itself', async () => {
  const listener = await start(async (connection) => {
    const read = await connection.reader.readLine(limits)
    if (read.kind === 'line' && read.octets.toString() === 'bug') throw new Error('bug')
    await connection.write('fine\r\n')
  })
  const bad = client(listener.port)
  bad.socket.write('bug\r\n')
  assert.equal(await bad.all, '')
  const good = client(listener.port)
  good.socket.write('ok\r\n')
  assert.equal(await good.all, 'fine\r\n')
})

test('close waits for sessions that end by themselves and cuts the others', async () => {
  const stop = new AbortController()
  const listener = await start(async (connection) => {
    await connection.write('hi\r\n')
    const read = await connection.reader.readLine({ ...limits, signal: stop.signal })
    if (read.kind === 'cancelled') await connection.write('bye\r\n')
  })
  const polite = client(listener.port)
  await once(polite.socket, 'data')
  const closing = listener.close(30_000)
  stop.abort()
  assert.equal(await polite.all, 'hi\r\nbye\r\n')
  await closing

  const deaf = await start((connection) => connection.reader.readLine(limits).then(() => undefined))
  const { socket, all } = client(deaf.port)
  await once(socket, 'connect')
  while (deaf.connections.size === 0) await new Promise((r) => setTimeout(r, 5))
  await deaf.close(50)
  assert.equal(await all, '')
})

test('a port that is taken is an error that names it', async () => {
  const listener = await start(echo)
  await assert.rejects(start(echo, { port: listener.port }), (error) => {
    assert.ok(error instanceof ListenError)
    assert.equal(error.port, listener.port)
    assert.equal(error.code, 'EADDRINUSE')
    return true
  })
})

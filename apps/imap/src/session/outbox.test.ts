import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { listen, type Connection } from '@posthouse/line-server'
import { createLog } from '@posthouse/telemetry'
import { Outbox } from './outbox.ts'

const log = createLog({ level: 'silent', format: 'json', destination: { write: () => undefined } })
let serve: (connection: Connection) => Promise<void> = () => Promise.resolve()
const listener = await listen({
  host: '127.0.0.1',
  port: 0,
  onConnection: (connection) => serve(connection),
  maxConnections: 10,
  maxConnectionsPerAddress: 10,
  log,
})
after(() => listener.close(0))

test('small pieces and large ones arrive in order', async () => {
  const pieces = Array.from({ length: 200 }, (_, i) =>
    Buffer.alloc(i % 7 === 0 ? 20_000 : i, 65 + (i % 26)),
  )
  serve = async (connection) => {
    const outbox = new Outbox(connection, 1000)
    for (const piece of pieces) await outbox.put(piece)
    await outbox.send()
    connection.end()
  }
  const client = connect({ host: '127.0.0.1', port: listener.port })
  const received: Buffer[] = []
  for await (const chunk of client) received.push(chunk)
  assert.deepEqual(Buffer.concat(received), Buffer.concat(pieces))
})

test('who does not read makes the writer wait', async () => {
  const most = 256
  let taken = 0
  serve = async (connection) => {
    const outbox = new Outbox(connection, 1000)
    for (; taken < most && !connection.closed.aborted; taken += 1) {
      await outbox.put(Buffer.alloc(1024 * 1024))
    }
  }
  const client = connect({ host: '127.0.0.1', port: listener.port })
  client.pause()
  client.on('error', () => undefined)
  await once(client, 'connect')
  // Time enough for a writer that does not wait; one that waits is never too slow for this.
  await pause(500)
  assert.ok(taken < most)
  client.destroy()
})

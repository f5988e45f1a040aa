import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WireClient } from './wire-client.fixture.ts'

const children: ChildProcess[] = []
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A server that may have so many files open; its port. */
async function startWithFiles(most: number): Promise<{ port: number; child: ChildProcess }> {
  const script = fileURLToPath(new URL('flooded-server.fixture.ts', import.meta.url))
  const command = `ulimit -n ${most}; exec "$0" --conditions=@posthouse/source "$1"`
  const child = spawn('sh', ['-c', command, process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  return { port: Number(String(line)), child }
}

test('a server that ran out of file descriptors takes connections again when some are free', async () => {
  const { port, child } = await startWithFiles(80)
  const flood: Socket[] = []
  for (let i = 0; i < 200; i += 1) {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => undefined)
    flood.push(socket)
  }
  await Promise.all(
    flood.map((socket) => Promise.race([once(socket, 'data'), once(socket, 'close')])),
  )
  assert.equal(child.exitCode, null)
  for (const socket of flood) socket.destroy()
  // The server has to see them go first.
  for (let tries = 0; ; tries += 1) {
    assert.ok(tries < 300, 'nobody is greeted after the flood')
    const client = await WireClient.connect(port)
    const greeting = await client.reply().catch(() => '')
    client.destroy()
    if (greeting.startsWith('220')) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.equal(child.exitCode, null)
})

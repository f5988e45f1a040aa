import assert from 'node:assert/strict'
import { request } from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { connectImapFlow, stateOf } from './house/mailbox-state.ts'
import { ProcessSuite } from './house/process-suite.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

// Mail never depends on the web server.

const ada = 'ada@example.test'

/** Somebody else's web server. */
async function occupant(): Promise<{ readonly port: number; leave(): Promise<void> }> {
  const server = net.createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    port: address.port,
    leave: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function mailFlows(suite: ProcessSuite): Promise<void> {
  const transport = transportTo(suite, 'mx', { connections: 1 })
  await transport.sendMail({ from: 'bob@example.test', to: ada, subject: 'goes on', text: 'x' })
  transport.close()
  const imap = await connectImapFlow(suite, ada)
  assert.deepEqual(await stateOf(imap, 'INBOX'), ['goes on'])
  await imap.logout()
}

async function stateOfWeb(suite: ProcessSuite): Promise<string | undefined> {
  const status = await suite.status()
  return status?.apps.find(({ name }) => name === 'web')?.state
}

function statusOf(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path: '/robots.txt', agent: false }, (got) => {
      got.resume()
      resolve(got.statusCode)
    })
    sent.on('error', () => resolve(undefined))
    sent.end()
  })
}

test('with its port taken the web server stays away, says so, and comes once it is free', async () => {
  const other = await occupant()
  const env = { POSTHOUSE_PORT_HTTP: String(other.port) }
  const suite = await ProcessSuite.start({ env })
  try {
    assert.match(
      suite.output,
      new RegExp(`web +does not run: cannot listen on 127\\.0\\.0\\.1 port ${other.port} for http`),
    )
    assert.match(suite.output, /Mail goes on without it\./)
    assert.notEqual(await stateOfWeb(suite), 'running')
    await suite.account(ada)
    await mailFlows(suite)
    const { code, stdout } = await suite.posthouse(['status', '--json'])
    assert.equal(code, 0)
    assert.equal((JSON.parse(stdout) as { healthy: boolean }).healthy, true)
    const doctor = await suite.posthouse(['doctor', '--only', 'services', '--json'])
    const { items } = JSON.parse(doctor.stdout) as { items: { id: string; state: string }[] }
    assert.equal(items.find(({ id }) => id === 'services.web')?.state, 'warn')
    await other.leave()
    await waitFor('the web server to come', async () =>
      (await statusOf(other.port)) === 200 ? true : undefined,
    )
  } finally {
    await suite.stop()
    await other.leave().catch(() => undefined)
  }
})

test('in one process with all others it stays away as well', async () => {
  const other = await occupant()
  const env = { POSTHOUSE_PORT_HTTPS: String(other.port) }
  const suite = await ProcessSuite.start({ env, args: ['--together'] })
  try {
    assert.match(suite.output, /web +does not run: cannot listen on .* for https/)
    assert.equal(await stateOfWeb(suite), 'stopped')
    await suite.account(ada)
    await mailFlows(suite)
  } finally {
    await suite.stop()
    await other.leave()
  }
})

test('a web server that is killed takes nothing with it, and comes again', async () => {
  const suite = await ProcessSuite.start()
  try {
    await suite.account(ada)
    const pid = await suite.pidOf('web')
    process.kill(pid, 'SIGKILL')
    await mailFlows(suite)
    await waitFor('the web server to come again', async () =>
      (await statusOf(suite.ports.http)) === 200 ? true : undefined,
    )
    assert.notEqual(await suite.pidOf('web'), pid)
  } finally {
    await suite.stop()
  }
})

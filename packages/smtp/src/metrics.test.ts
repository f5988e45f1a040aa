import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connections, messages, sessions, upgrades } from './metrics.ts'
import { replies } from './replies.ts'
import { startTestServer, until, type TestServer } from './server.fixture.ts'

const servers: TestServer[] = []
after(() => Promise.all(servers.map((server) => server.close())))

async function start(...options: Parameters<typeof startTestServer>): Promise<TestServer> {
  const server = await startTestServer(...options)
  servers.push(server)
  return server
}

const open = (role: string): number =>
  sessions.snapshot().series.find(({ values }) => values[0] === role)?.numbers[0] ?? 0

test('a session is counted once, by what protected it at its end', async () => {
  const server = await start({ role: 'mx' })
  const client = await server.client()
  const other = await server.client()
  assert.equal(open('mx'), 2)
  await client.ask('STARTTLS')
  await client.startTls()
  await client.ask('QUIT')
  other.destroy()
  await until(() => open('mx') === 0)
  assert.equal(connections.value({ role: 'mx', tls: 'starttls' }), 1)
  assert.equal(connections.value({ role: 'mx', tls: 'none' }), 1)
  assert.equal(upgrades.value({ role: 'mx', result: 'ok' }), 1)
  assert.equal(upgrades.value({ role: 'mx', result: 'failed' }), 0)
})

test('a handshake that comes to no end is a failed one', async () => {
  const before = upgrades.value({ role: 'mx', result: 'failed' })
  const server = await start({ role: 'mx' })
  const client = await server.client()
  await client.ask('STARTTLS')
  client.send('this is no handshake\r\n')
  await until(() => upgrades.value({ role: 'mx', result: 'failed' }) === before + 1)
  assert.equal(open('mx'), 0)
})

test('TLS from the first octet is told apart', async () => {
  const server = await start({ role: 'submission', implicitTls: true })
  const client = await server.client({ tls: true })
  await client.ask('QUIT')
  await until(() => connections.value({ role: 'submission', tls: 'implicit' }) === 1)
})

test('a whole message counts by its answer, whoever gave it, and a server without a role counts nothing', async () => {
  let answer = replies.shuttingDown
  const onMessage = () =>
    answer.code === 421 ? Promise.reject(new Error('away')) : Promise.resolve(answer)
  const server = await start({ role: 'submission', handlers: { onMessage } })
  const mail = 'MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n'
  const client = await server.client()
  const bring = async (octets: string): Promise<void> => {
    client.send(mail)
    for (let i = 0; i < 3; i += 1) await client.reply()
    await client.ask(`${octets}\r\n.`)
  }
  await bring('Subject: away')
  answer = replies.internalError
  await bring('Subject: later')
  answer = { code: 250, enhanced: '2.0.0', text: 'taken' }
  await bring('Subject: taken')
  // Refused before any app sees it.
  await bring('Subject: bare\nline feed')
  const counts = (['stored', 'deferred', 'refused'] as const).map((result) =>
    messages.value({ role: 'submission', result }),
  )
  assert.deepEqual(counts, [1, 2, 1])
  const silent = await (await start()).client()
  silent.send(`${mail}.\r\n`)
  for (let i = 0; i < 4; i += 1) await silent.reply()
  assert.equal(messages.value({ role: 'mx', result: 'stored' }), 0)
})

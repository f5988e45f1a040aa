import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { after, describe, it } from 'node:test'
import { replies } from './replies.ts'
import {
  startTestServer,
  testContext,
  until,
  type TestOptions,
  type TestServer,
} from './server.fixture.ts'
import { WireClient } from './wire-client.fixture.ts'

const servers: TestServer[] = []
async function start(options?: TestOptions): Promise<TestServer> {
  const server = await startTestServer(options)
  servers.push(server)
  return server
}
after(() => Promise.all(servers.map((server) => server.close())))

describe('STARTTLS', async () => {
  const server = await start()

  it('forgets what was said in clear text', async () => {
    const client = await server.client()
    await client.ask('MAIL FROM:<a@example.org>')
    assert.match(await client.ask('STARTTLS now'), /^501 5\.5\.4/)
    assert.match(await client.ask('STARTTLS'), /^220 2\.0\.0/)
    await client.startTls()
    assert.match(await client.ask('RCPT TO:<b@example.test>'), /^503/)
    assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^503/)
    const ehlo = await client.ask('EHLO client.example.test')
    assert.doesNotMatch(ehlo, /STARTTLS/)
    assert.match(await client.ask('STARTTLS'), /^503 5\.5\.1/)
  })

  it('throws away commands that were pipelined behind it', async () => {
    const client = await server.client()
    client.send('STARTTLS\r\nMAIL FROM:<injected@example.org>\r\nNOOP\r\n')
    assert.match(await client.reply(), /^220/)
    await client.startTls()
    const ehlo = await client.ask('EHLO client.example.test')
    assert.match(ehlo, /^250-mx\.example\.test/)
    assert.match(await client.ask('RCPT TO:<b@example.test>'), /^503/)
    assert.equal(client.pending, '')
  })

  it('tells the app about the protection', async () => {
    const client = await server.client()
    await client.ask('STARTTLS')
    await client.startTls()
    await client.ask('EHLO client.example.test')
    client.send('MAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n.\r\n')
    for (let i = 0; i < 4; i += 1) await client.reply()
    const session = server.taken.at(-1)?.session
    assert.equal(session?.secure, true)
    assert.match(session?.tls?.protocol ?? '', /^TLSv1\.[23]$/)
    assert.match(session?.tls?.cipher ?? '', /^TLS_/)
  })

  it('closes the connection of one who does not shake hands', async () => {
    const impatient = await start({ limits: { handshakeMs: 100 } })
    const client = await impatient.client()
    await client.ask('STARTTLS')
    assert.equal(await client.closed(), '')
    const garbage = await server.client()
    await garbage.ask('STARTTLS')
    garbage.send('MAIL FROM:<a@example.org>\r\n')
    await garbage.closed()
  })
})

describe('implicit TLS', async () => {
  let context = testContext()
  let asked = 0
  const server = await start({
    implicitTls: true,
    tls: {
      current() {
        asked += 1
        return context
      },
    },
    limits: { handshakeMs: 30_000 },
  })

  it('greets under TLS and offers no STARTTLS', async () => {
    const client = await server.client({ tls: true, ehlo: false })
    assert.doesNotMatch(await client.ask('EHLO client'), /STARTTLS/)
    assert.match(await client.ask('STARTTLS'), /^503/)
  })

  it('asks for the certificate of the moment', async () => {
    const before = asked
    context = testContext()
    await server.client({ tls: true })
    assert.ok(asked > before)
  })

  it('refuses TLS 1.1', async () => {
    const socket = connectTls({
      port: server.listener.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    const [error] = await once(socket, 'error')
    assert.ok(error instanceof Error)
  })

  it('closes the connection of one who does not shake hands', async () => {
    const impatient = await start({ implicitTls: true, limits: { handshakeMs: 100 } })
    const client = await WireClient.connect(impatient.listener.port)
    await client.closed()
    assert.equal(impatient.taken.length, 0)
  })
})

describe('limits of connections', () => {
  it('turns away who comes when all are taken, and takes the next after one left', async () => {
    const server = await start({ limits: { connections: 2 } })
    const first = await server.client()
    await server.client()
    const third = await WireClient.connect(server.listener.port)
    assert.match(await third.reply(), /^421 4\.7\.0/)
    await third.closed()
    await first.ask('QUIT')
    first.destroy()
    await until(() => server.listener.connections <= 1)
    assert.match(await (await server.client()).ask('NOOP'), /^250/)
  })
})

describe('the count of connections', () => {
  it('goes down again, with and without TLS', async () => {
    for (const implicitTls of [false, true]) {
      const server = await start({ implicitTls })
      const clients = [await server.client({ tls: implicitTls })]
      const second = await server.client({ tls: implicitTls })
      if (!implicitTls) {
        await second.ask('STARTTLS')
        await second.startTls()
        await second.ask('EHLO client')
      }
      const third = await WireClient.connect(server.listener.port)
      third.send('STARTTLS\r\nthis is no handshake\r\n')
      clients.push(second, third)
      await until(() => server.listener.connections >= 2)
      for (const client of clients) client.destroy()
      await until(() => server.listener.connections === 0)
    }
  })
})

describe('closing', () => {
  it('tells idle sessions at once, and lets a message at hand come to its reply', async () => {
    const begun = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const server = await start({
      handlers: {
        onMessage: async () => {
          begun.resolve()
          await release.promise
          return replies.ok
        },
      },
    })
    const idle = await server.client()
    const busy = await server.client()
    busy.send('MAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n.\r\n')
    for (let i = 0; i < 3; i += 1) await busy.reply()
    await begun.promise
    const closed = server.listener.close(30_000)
    assert.match(await idle.reply(), /^421 4\.3\.2/)
    release.resolve()
    assert.match(await busy.reply(), /^250/)
    assert.match(await busy.reply(), /^421 4\.3\.2/)
    await closed
  })

  it('cuts what does not end in time', async () => {
    const server = await start({ handlers: { onMessage: () => new Promise(() => undefined) } })
    const stuck = await server.client()
    stuck.send('MAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n.\r\n')
    for (let i = 0; i < 3; i += 1) await stuck.reply()
    await server.listener.close(50)
    await stuck.closed()
    await assert.rejects(WireClient.connect(server.listener.port))
  })
})

const away = () => Promise.reject(new Error('away'))
const onError = () => replies.unavailable

describe('handlers that fail', () => {
  it('are answered with a temporary error at every step', async () => {
    const connect = await start({ handlers: { onConnect: away, onError } })
    const turned = await WireClient.connect(connect.listener.port)
    assert.match(await turned.reply(), /^421 4\.3\.0/)
    await turned.closed()
    const mail = await (await start({ handlers: { onMail: away, onError } })).client()
    assert.match(await mail.ask('MAIL FROM:<>'), /^451 4\.3\.0/)
    const rcpt = await (await start({ handlers: { onRcpt: away, onError } })).client()
    await rcpt.ask('MAIL FROM:<>')
    assert.match(await rcpt.ask('RCPT TO:<b@example.test>'), /^451 4\.3\.0/)
    const data = await (await start({ handlers: { onMessage: away, onError } })).client()
    data.send('MAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n.\r\n')
    for (let i = 0; i < 3; i += 1) await data.reply()
    assert.match(await data.reply(), /^451 4\.3\.0/)
  })
})

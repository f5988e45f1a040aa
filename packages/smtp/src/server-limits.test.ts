import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { networks } from '@posthouse/line-server'
import { ClientLedger } from './client-ledger.ts'
import { startTestServer, type TestOptions, type TestServer } from './server.fixture.ts'
import { WireClient } from './wire-client.fixture.ts'

const servers: TestServer[] = []
async function start(options?: TestOptions): Promise<TestServer> {
  const server = await startTestServer({ proxyNetworks: networks(['127.0.0.1']), ...options })
  servers.push(server)
  return server
}
after(() => Promise.all(servers.map((server) => server.close())))

/** A client that comes from this address; its greeting. */
async function from(server: TestServer, address: string) {
  const client = await WireClient.connect(server.listener.port)
  client.send(`PROXY TCP4 ${address} 198.51.100.7 56324 25\r\n`)
  const greeting = await client.reply()
  if (greeting.startsWith('220')) await client.ask('EHLO client.example.org')
  return { client, greeting }
}

/** Asks for somebody who is not there. */
async function guess(client: WireClient, local = 'nobody'): Promise<string> {
  await client.ask('RSET')
  await client.ask('MAIL FROM:<a@example.org>')
  return (await client.ask(`RCPT TO:<${local}@example.test>`)).slice(0, 3)
}

function recipientLines(count: number): string {
  return Array.from({ length: count }, (_, i) => `RCPT TO:<b${i}@example.test>\r\n`).join('')
}

describe('limits over all sessions of a client', () => {
  it('refuse connections that come too fast, by address and by network, for a minute', async () => {
    let now = 0
    const server = await start({
      ledger: new ClientLedger({ connectionsPerMinute: 2 }, () => now),
    })
    const greetings = async (...addresses: readonly string[]) => {
      const codes: string[] = []
      for (const address of addresses)
        codes.push((await from(server, address)).greeting.slice(0, 3))
      return codes.join(' ')
    }
    const [a, b] = ['192.0.2.1', '192.0.2.2']
    assert.equal(await greetings(a, a, a, b, b, b), '220 220 421 220 220 421')
    const others = Array.from({ length: 5 }, (_, i) => `192.0.2.${i + 10}`)
    assert.equal(
      await greetings(...others),
      '220 220 220 220 421',
      'a network has four times as much',
    )
    assert.equal(await greetings('192.0.3.1'), '220')
    now = 60_000
    assert.equal(await greetings(a, a, a), '220 220 421')
  })

  it('put off messages of a client, and of a sender from one network', async () => {
    const rates = { messagesPerMinute: 4, senderMessagesPerMinute: 2 }
    const server = await start({ ledger: new ClientLedger(rates, () => 0) })
    const mail = async (address: string, ...senders: readonly string[]) => {
      const { client } = await from(server, address)
      const replies: string[] = []
      for (const sender of senders) {
        replies.push((await client.ask(`MAIL FROM:<${sender}>`)).slice(0, 9))
        await client.ask('RSET')
      }
      return replies.join(', ')
    }
    const [ok, client, sender] = ['250 2.1.0', '450 4.7.0', '450 4.7.1']
    assert.equal(await mail('192.0.2.1', 'a@x.test', 'a@x.test'), `${ok}, ${ok}`)
    assert.equal(await mail('192.0.2.1', 'a@x.test', 'b@x.test'), `${sender}, ${ok}`)
    assert.equal(await mail('192.0.2.1', 'c@x.test'), client)
    assert.equal(await mail('192.0.2.2', 'a@x.test'), sender, 'the network is the same')
    assert.equal(await mail('192.0.3.1', 'a@x.test'), ok, 'its name elsewhere is not its own')
    assert.equal(await mail('192.0.3.1', '', '', ''), `${ok}, ${ok}, ${ok}`)
  })

  it('remember who guesses addresses when it hangs up, and slow it down', async () => {
    let now = 0
    const limits = { freeRefusals: 3, refusalDelayMs: 1, maxRefusalDelayMs: 5, refusals: 8 }
    const server = await start({ limits, ledger: new ClientLedger({}, () => now) })
    for (let session = 0; session < 7; session += 1) {
      const { client } = await from(server, '192.0.2.1')
      assert.equal(await guess(client), '550')
      client.destroy()
    }
    const { client } = await from(server, '192.0.2.1')
    assert.equal(await guess(client), '421')
    assert.match((await from(server, '192.0.2.1')).greeting, /^421 4\.7\.0/)
    assert.match((await from(server, '192.0.2.9')).greeting, /^220/)
    now += 10 * 60_000
    assert.match((await from(server, '192.0.2.1')).greeting, /^220/)
  })

  it('do not count who names what was an address once as guessing', async () => {
    const limits = { freeRefusals: 3, refusalDelayMs: 1, maxRefusalDelayMs: 5, refusals: 8 }
    const server = await start({ limits, ledger: new ClientLedger({}) })
    const { client } = await from(server, '192.0.2.1')
    for (let i = 0; i < 20; i += 1) assert.equal(await guess(client, 'nobody-now'), '550')
    assert.equal(await guess(client, 'somebody'), '250')
    assert.match((await from(server, '192.0.2.1')).greeting, /^220/)
  })

  it('ask for another connection after so many recipients, between messages', async () => {
    const server = await start({ limits: { recipientsPerConnection: 3 } })
    const { client } = await from(server, '192.0.2.1')
    await client.ask('MAIL FROM:<a@example.org>')
    for (let i = 0; i < 4; i += 1) {
      assert.match(await client.ask(`RCPT TO:<b${i}@example.test>`), /^250/)
    }
    await client.ask('DATA')
    assert.match(await client.ask('.'), /^250/)
    assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^421 4\.7\.0/)
  })

  it('give the null sender a hundred recipients, and everybody else as many as LIMITS says', async () => {
    const server = await start()
    const { client } = await from(server, '192.0.2.1')
    for (const [sender, most] of [
      ['', 100],
      ['a@example.org', 1000],
    ] as const) {
      await client.ask(`MAIL FROM:<${sender}>`)
      client.send(recipientLines(most + 1))
      for (let i = 0; i < most; i += 1) assert.match(await client.reply(), /^250 2\.1\.5/)
      assert.match(await client.reply(), /^452 4\.5\.3/)
      await client.ask('RSET')
    }
  })
})

describe('the greeting', () => {
  it('waits for some clients and not for others', async () => {
    const server = await start({
      greetingDelayMs: ({ remoteAddress }) => (remoteAddress === '192.0.2.1' ? 600_000 : 0),
    })
    assert.match((await from(server, '192.0.2.2')).greeting, /^220/)
    const early = await WireClient.connect(server.listener.port)
    early.send('PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\nEHLO client.example.org\r\n')
    assert.match(await early.reply(), /^421 4\.7\.0 /)
    assert.equal(await early.closed(), '')
  })
})

describe('messages that go round in circles', async () => {
  const server = await start()
  const deliver = async (header: string) => {
    const { client } = await from(server, '192.0.2.1')
    await client.ask('MAIL FROM:<a@example.org>')
    await client.ask('RCPT TO:<b@example.test>')
    await client.ask('DATA')
    return await client.ask(`${header}\r\n.`)
  }

  it('are refused at a hundred hops, or at ten of our own', async () => {
    const foreign = 'Received: from a by b with SMTP; now\r\n'
    const own =
      'received : from a\r\n\tby MX.example.test (Posthouse) with ESMTP\r\n\tid x; now\r\n'
    assert.match(await deliver(foreign.repeat(100)), /^250/)
    assert.match(await deliver(foreign.repeat(101)), /^554 5\.4\.6/)
    assert.match(await deliver(own.repeat(10)), /^250/)
    assert.match(await deliver(own.repeat(11)), /^554 5\.4\.6/)
    assert.match(
      await deliver(`${own.repeat(10)}\r\n${own}`),
      /^250/,
      'the body counts for nothing',
    )
  })
})

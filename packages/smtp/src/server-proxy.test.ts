import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { networks } from '@posthouse/line-server'
import { ClientLedger } from './client-ledger.ts'
import { startTestServer, type TestOptions, type TestServer } from './server.fixture.ts'
import { WireClient } from './wire-client.fixture.ts'

const servers: TestServer[] = []
async function start(options?: TestOptions): Promise<TestServer> {
  const server = await startTestServer(options)
  servers.push(server)
  return server
}
after(() => Promise.all(servers.map((server) => server.close())))

const proxyNetworks = networks(['127.0.0.0/8'])
const xclientNetworks = proxyNetworks
const LINE = 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n'

/** A message's way in; what the app saw of its client. */
async function deliver(client: WireClient, server: TestServer) {
  for (const line of [
    'EHLO c.example.org',
    'MAIL FROM:<a@example.org>',
    'RCPT TO:<b@example.test>',
  ]) {
    assert.match(await client.ask(line), /^250/)
  }
  assert.match(await client.ask('DATA'), /^354/)
  assert.match(await client.ask('.'), /^250/)
  const session = server.taken.at(-1)?.session
  return [session?.remoteAddress, session?.localAddress, session?.isLoopback]
}

describe('the PROXY protocol', async () => {
  const server = await start({ proxyNetworks, greetingDelayMs: 1 })

  async function through(header: string | Uint8Array): Promise<WireClient> {
    const client = await WireClient.connect(server.listener.port)
    client.send(header)
    assert.match(await client.reply(), /^220 /)
    return client
  }

  it('shows the client behind the proxy to all that follows', async () => {
    const client = await through(LINE)
    assert.deepEqual(await deliver(client, server), ['192.0.2.1', '198.51.100.7', false])
  })

  it('reads version 2, in single octets, and what is pipelined behind it', async () => {
    const header = Buffer.concat([
      Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24', 'latin1'),
      Buffer.from('20010db8000000000000000000000001', 'hex'),
      Buffer.from('20010db8000000000000000000000002', 'hex'),
      Buffer.from([0xdc, 0x04, 0, 25]),
    ])
    const plain = await start({ proxyNetworks })
    const client = await WireClient.connect(plain.listener.port)
    for (const octet of header) await client.flush(Buffer.from([octet]))
    client.send('EHLO early\r\n')
    assert.match(await client.reply(), /^220 /)
    assert.match(await client.reply(), /^250/)
    assert.deepEqual(await deliver(client, plain), ['2001:db8::1', '2001:db8::2', false])
  })

  it('takes a proxy that speaks for itself as what it is, and as nothing more', async () => {
    for (const header of ['PROXY UNKNOWN\r\n', '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0']) {
      const client = await through(Buffer.from(header, 'latin1'))
      assert.deepEqual(await deliver(client, server), ['127.0.0.1', '127.0.0.1', false])
    }
  })

  it('works before TLS from the first octet', async () => {
    const secure = await start({ proxyNetworks, implicitTls: true })
    const client = await WireClient.connect(secure.listener.port)
    client.send(LINE)
    await client.startTls()
    assert.match(await client.reply(), /^220 /)
    assert.deepEqual(await deliver(client, secure), ['192.0.2.1', '198.51.100.7', false])
  })

  it('works before STARTTLS, too', async () => {
    const client = await through(LINE)
    await client.ask('EHLO x')
    assert.match(await client.ask('STARTTLS'), /^220/)
    await client.startTls()
    assert.deepEqual(await deliver(client, server), ['192.0.2.1', '198.51.100.7', false])
  })

  it('closes without a word what has no header, a bad one, or none in time', async () => {
    const quick = await start({ proxyNetworks, limits: { proxyHeaderMs: 100 } })
    for (const octets of [
      'EHLO client.example.org\r\n',
      'PROXY TCP4 192.0.2.1\r\n',
      `PROXY ${'x'.repeat(2000)}`,
      'PROXY TCP4 192.0.2.1 19',
      '',
    ]) {
      const client = await WireClient.connect(quick.listener.port)
      client.send(octets)
      assert.equal(await client.closed(), '', octets.slice(0, 40))
    }
    const slow = await WireClient.connect(quick.listener.port)
    const trickle = setInterval(() => slow.send('P'), 20)
    assert.equal(await slow.closed(), '')
    clearInterval(trickle)
    const client = await WireClient.connect(quick.listener.port)
    client.half()
    assert.equal(await client.closed(), '')
  })

  it('is believed from configured networks only', async () => {
    const closed = await start({ proxyNetworks: networks(['192.0.2.0/24']) })
    const client = await WireClient.connect(closed.listener.port)
    client.send(LINE)
    assert.match(await client.reply(), /^220 /)
    assert.match(await client.reply(), /^500 5\.5\.1/)
    assert.equal((await deliver(client, closed))[0], '127.0.0.1')
  })

  it('counts connections by the client behind it, in words that the client hears', async () => {
    const limits = { connectionsPerAddress: 2, connectionsPerNetwork: 3 }
    const few = await start({ proxyNetworks, limits })
    const from = async (address: string) => {
      const client = await WireClient.connect(few.listener.port)
      client.send(`PROXY TCP4 ${address} 198.51.100.7 56324 25\r\n`)
      return { client, greeting: await client.reply() }
    }
    const first = await from('192.0.2.1')
    assert.match(first.greeting, /^220/)
    assert.match((await from('192.0.2.1')).greeting, /^220/)
    assert.match((await from('192.0.2.1')).greeting, /^421 4\.7\.0 mx\.example\.test /)
    assert.match((await from('192.0.2.2')).greeting, /^220/)
    assert.match((await from('192.0.2.3')).greeting, /^421/, 'the network is full')
    assert.match((await from('192.0.3.3')).greeting, /^220/)
    await first.client.ask('QUIT')
    await first.client.closed()
    // The place is free once the server has seen the end.
    for (;;) if ((await from('192.0.2.1')).greeting.startsWith('220')) break
  })
})

describe('XCLIENT', async () => {
  const server = await start({ xclientNetworks })

  it('is offered to peers of the settings, and names another client', async () => {
    const client = await server.client({ ehlo: false })
    const offered = await client.ask('EHLO filter.example.test')
    assert.match(offered, /XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT$/m)
    const command =
      'XCLIENT NAME=c.example.org ADDR=192.0.2.1 PORT=56324 DESTADDR=IPV6:2001:db8::2 PROTO=ESMTP'
    assert.equal(await client.ask(command), '220 mx.example.test ESMTP Posthouse')
    assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^503 5\.5\.1/, 'it begins anew')
    assert.deepEqual(await deliver(client, server), ['192.0.2.1', '2001:db8::2', false])
    // It may speak for one after the other.
    assert.match(await client.ask('XCLIENT ADDR=IPV6:2001:db8::9'), /^220 /)
    assert.deepEqual(await deliver(client, server), ['2001:db8::9', '2001:db8::2', false])
  })

  it('takes the name of the greeting over, and what the peer does not know', async () => {
    const client = await server.client()
    const command = 'XCLIENT ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL] HELO=c+2Eexample.org PROTO=SMTP'
    assert.match(await client.ask(command), /^220 /)
    assert.match(await client.ask('MAIL FROM:<a@example.org> SIZE=10'), /^555/)
    assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^250/)
    assert.match(await client.ask('RCPT TO:<b@example.test>'), /^250/)
    assert.match(await client.ask('DATA'), /^354/)
    assert.match(await client.ask('.'), /^250/)
    const session = server.taken.at(-1)?.session
    assert.equal(session?.helo, 'c.example.org')
    assert.equal(session?.isLoopback, false)
  })

  it('refuses what it cannot read, all of it, and what is not to be said', async () => {
    const client = await server.client()
    for (const bad of [
      'XCLIENT',
      'XCLIENT ADDR',
      'XCLIENT ADDR=',
      'XCLIENT ADDR=999.0.2.1',
      'XCLIENT ADDR=2001:db8::1',
      'XCLIENT ADDR=IPV6:192.0.2.1',
      'XCLIENT PROTO=LMTP',
      'XCLIENT PORT=x',
      'XCLIENT HELO=a+0D+0Ab',
      'XCLIENT LOGIN=ada@example.test',
      'XCLIENT ADDR=192.0.2.1 LOGIN=ada@example.test',
    ]) {
      assert.match(await client.ask(bad), /^501 5\.5\.4/, bad)
    }
    assert.equal((await deliver(client, server))[0], '127.0.0.1')
    await client.ask('MAIL FROM:<a@example.org>')
    assert.match(await client.ask('XCLIENT ADDR=192.0.2.1'), /^503 5\.5\.1/)
  })

  it('is unknown to everybody else', async () => {
    const closed = await start({ xclientNetworks: networks(['192.0.2.0/24']) })
    const client = await closed.client({ ehlo: false })
    assert.doesNotMatch(await client.ask('EHLO x'), /XCLIENT/)
    assert.match(await client.ask('XCLIENT ADDR=192.0.2.1'), /^500 5\.5\.1/)
  })

  it('asks of the proxied client whether it may, not of the proxy', async () => {
    const both = await start({ proxyNetworks, xclientNetworks })
    const client = await WireClient.connect(both.listener.port)
    client.send(LINE)
    await client.reply()
    assert.match(await client.ask('XCLIENT ADDR=127.0.0.1'), /^500 5\.5\.1/)
  })

  it('puts the named client under its own limits', async () => {
    const ledger = new ClientLedger({ connectionsPerMinute: 2 }, () => 0)
    const strict = await start({ xclientNetworks, ledger })
    const client = await strict.client()
    assert.match(await client.ask('XCLIENT ADDR=192.0.2.1'), /^220/)
    assert.match(await client.ask('XCLIENT ADDR=192.0.2.1'), /^220/)
    assert.match(await client.ask('XCLIENT ADDR=192.0.2.1'), /^421 4\.7\.0/)
    assert.equal(await client.closed(), '')
  })
})

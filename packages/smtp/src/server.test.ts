import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { startTestServer, type TestOptions, type TestServer } from './server.fixture.ts'
import { WireClient } from './wire-client.fixture.ts'

const servers: TestServer[] = []
async function start(options?: TestOptions): Promise<TestServer> {
  const server = await startTestServer(options)
  servers.push(server)
  return server
}
after(() => Promise.all(servers.map((server) => server.close())))

/** Plays commands and checks that each reply begins as it should. */
async function play(
  client: WireClient,
  lines: readonly (readonly [string, string])[],
): Promise<void> {
  for (const [command, expected] of lines) {
    const reply = await client.ask(command)
    assert.ok(reply.startsWith(expected), `${command.slice(0, 80)}: ${reply}`)
  }
}

describe('the greeting and EHLO', async () => {
  const server = await start()

  it('greets with our name and no enhanced code', async () => {
    const client = await WireClient.connect(server.listener.port)
    assert.equal(await client.reply(), '220 mx.example.test ESMTP Posthouse')
    client.destroy()
  })

  it('offers what it does, and AUTH not at all without an app that wants it', async () => {
    const client = await server.client({ ehlo: false })
    const reply = await client.ask('EHLO client.example.test')
    assert.deepEqual(
      reply
        .split('\n')
        .map((line) => line.slice(4))
        .toSorted(),
      [
        '8BITMIME',
        'CHUNKING',
        'DSN',
        'ENHANCEDSTATUSCODES',
        'HELP',
        'LIMITS RCPTMAX=1000',
        'PIPELINING',
        'SIZE 52428800',
        'SMTPUTF8',
        'STARTTLS',
        'mx.example.test',
      ],
    )
  })

  it('answers HELO with one line and refuses parameters after it', async () => {
    const client = await server.client({ ehlo: false })
    await play(client, [
      ['HELO client', '250 mx.example.test'],
      ['MAIL FROM:<a@example.org> SIZE=10', '555 5.5.4'],
      ['MAIL FROM:<a@example.org>', '250 2.1.0'],
    ])
  })

  it('wants an argument of EHLO and keeps its state when there is none', async () => {
    const client = await server.client()
    await play(client, [
      ['MAIL FROM:<a@example.org>', '250 2.1.0'],
      ['EHLO', '501 '],
      ['EHLO a b', '501 '],
      [`EHLO ${'a'.repeat(300)}`, '501 '],
      ['RCPT TO:<b@example.test>', '250 2.1.5'],
      ['EHLO [192.0.2.1]', '250-'],
      ['RCPT TO:<b@example.test>', '503 5.5.1'],
    ])
  })
})

describe('commands', async () => {
  const server = await start()

  it('answers each verb of RFC 5321', async () => {
    const client = await server.client()
    await play(client, [
      ['NOOP', '250 2.0.0'],
      ['NOOP with words', '250 2.0.0'],
      ['noop', '250 2.0.0'],
      ['HELP', '214 2.0.0'],
      ['HELP MAIL', '214 2.0.0'],
      ['VRFY ada', '252 2.0.0'],
      ['VRFY', '501 5.5.4'],
      ['EXPN list', '502 5.5.1'],
      ['RSET', '250 2.0.0'],
      ['RSET ', '250 2.0.0'],
      ['RSET now', '501 5.5.4'],
      ['DATA', '503 5.5.1'],
      ['RCPT TO:<a@example.test>', '503 5.5.1'],
      ['AUTH PLAIN', '502 5.5.1'],
      ['BDAT 0 LAST', '503 5.5.1'],
      ['WIZ', '500 5.5.1'],
      ['KILL', '500 5.5.1'],
      ['SHELL', '500 5.5.1'],
      ['XCLIENT ADDR=192.0.2.1', '500 5.5.1'],
      ['', '500 5.5.1'],
      ['QUIT', '221 2.0.0'],
    ])
    assert.equal(await client.closed(), '')
  })

  it('wants EHLO before a transaction', async () => {
    const client = await server.client({ ehlo: false })
    await play(client, [
      ['MAIL FROM:<a@example.org>', '503 5.5.1'],
      ['NOOP', '250 2.0.0'],
    ])
  })

  it('refuses a nested MAIL and DATA without an accepted recipient', async () => {
    const client = await server.client()
    await play(client, [
      ['MAIL FROM:<a@example.org>', '250 2.1.0'],
      ['MAIL FROM:<a@example.org>', '503 5.5.1'],
      ['DATA', '503 5.5.1'],
      ['RCPT TO:<nobody@example.test>', '550 5.1.1'],
      ['DATA', '554 5.5.1'],
      ['DATA now', '501 5.5.4'],
    ])
  })

  it('refuses what is not CRLF, NUL, broken UTF-8 and lines that are too long, and goes on', async () => {
    const client = await server.client()
    const cases: readonly (readonly [string | Uint8Array, string])[] = [
      ['NOOP\nNOOP\r\n', '500 5.5.2'],
      ['MAIL FROM:<a@example.org>\n\r\n', '500 5.5.2'],
      ['NO\rOP\r\n', '500 5.5.2'],
      ['NOOP \0\r\n', '500 5.5.2'],
      ['NOOP \x1b[31m\r\n', '500 5.5.2'],
      [Buffer.from('NOOP \xff\xfe\r\n', 'latin1'), '500 5.5.2'],
      [`NOOP ${'x'.repeat(3000)}\r\n`, '500 5.5.2'],
      [`NOOP ${'x'.repeat(100_000)}\r\n`, '500 5.5.2'],
      ['NOOP\r\n', '250 2.0.0'],
    ]
    for (const [octets, expected] of cases) {
      client.send(octets)
      const reply = await client.reply()
      assert.ok(reply.startsWith(expected), reply)
    }
  })

  it('tells a person who types bare line feeds, and runs nothing of it', async () => {
    const client = await server.client()
    client.send('MAIL FROM:<a@example.org>\n')
    assert.match(await client.reply(), /^500 5\.5\.2/)
    client.send('RCPT TO:<b@example.test>\nQUIT\n')
    assert.match(await client.reply(), /^500 5\.5\.2/)
    assert.match(await client.ask('RCPT TO:<b@example.test>'), /^503/)
  })

  it('takes a line of any cut', async () => {
    const client = await server.client()
    for (const octet of 'NOOP first\r\nNOOP second\r\n') {
      await client.flush(octet)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.match(await client.reply(), /^250/)
    assert.match(await client.reply(), /^250/)
  })

  it('answers pipelined commands in order', async () => {
    const client = await server.client()
    client.send(
      'MAIL FROM:<a@example.org>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n',
    )
    const codes = []
    for (let i = 0; i < 4; i += 1) codes.push((await client.reply()).slice(0, 3))
    assert.deepEqual(codes, ['250', '550', '250', '354'])
    client.send('Subject: x\r\n\r\n.\r\nNOOP\r\nQUIT\r\n')
    for (let i = 0; i < 3; i += 1) codes.push((await client.reply()).slice(0, 3))
    assert.deepEqual(codes.slice(4), ['250', '250', '221'])
  })

  it('answers ten thousand pipelined commands', async () => {
    const client = await server.client()
    await client.flush('NOOP\r\n'.repeat(10_000))
    for (let i = 0; i < 10_000; i += 1) assert.equal((await client.reply()).slice(0, 3), '250')
  })

  it('ends the session after too many mistakes', async () => {
    const client = await server.client()
    for (let i = 0; i < 19; i += 1) assert.match(await client.ask('NONSENSE'), /^500 5\.5\.1/)
    assert.match(await client.ask('NONSENSE'), /^421 4\.7\.0/)
    assert.equal(await client.closed(), '')
  })

  it('ends the session of a web page', async () => {
    const client = await server.client({ ehlo: false })
    client.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@example.org>\r\n')
    assert.match(await client.reply(), /^421 4\.7\.0/)
    assert.equal(await client.closed(), '')
  })

  it('answers a client that half-closes after its last command', async () => {
    const client = await server.client()
    client.send('NOOP\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nNO')
    client.half()
    assert.equal((await client.closed()).split('\r\n').length, 4)
  })

  it('takes commands that came before the greeting, after it', async () => {
    const client = await WireClient.connect(server.listener.port)
    client.send('EHLO early\r\nQUIT\r\n')
    assert.match(await client.reply(), /^220/)
    assert.match(await client.reply(), /^250-/)
    assert.match(await client.reply(), /^221/)
  })
})

describe('a greeting that waits', () => {
  it('refuses a client that talks first', async () => {
    const server = await start({ greetingDelayMs: 600_000 })
    const client = await WireClient.connect(server.listener.port)
    client.send('EHLO early\r\n')
    assert.match(await client.reply(), /^421 4\.7\.0/)
    assert.equal(await client.closed(), '')
  })

  it('greets one that waits', async () => {
    const server = await start({ greetingDelayMs: 20 })
    const client = await server.client()
    assert.match(await client.ask('NOOP'), /^250/)
  })
})

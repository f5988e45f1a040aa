import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { MemoryBudget } from './memory-budget.ts'
import { startTestServer, until, type TestOptions, type TestServer } from './server.fixture.ts'
import type { WireClient } from './wire-client.fixture.ts'

const servers: TestServer[] = []
async function start(options?: TestOptions): Promise<TestServer> {
  const server = await startTestServer(options)
  servers.push(server)
  return server
}
after(() => Promise.all(servers.map((server) => server.close())))

async function beginTransaction(client: WireClient): Promise<void> {
  assert.match(await client.ask('MAIL FROM:<a@example.org>'), /^250/)
  assert.match(await client.ask('RCPT TO:<b@example.test>'), /^250/)
}

/** BDAT with its octets. */
function chunk(octets: string | Uint8Array, last = ''): Buffer {
  const body = Buffer.from(octets)
  return Buffer.concat([Buffer.from(`BDAT ${body.length}${last}\r\n`), body])
}

async function play(
  client: WireClient,
  lines: readonly (readonly [string | Uint8Array, string])[],
): Promise<void> {
  for (const [sent, expected] of lines) {
    const reply = await client.ask(sent)
    assert.ok(reply.startsWith(expected), `${String(sent).slice(0, 80)}: ${reply}`)
  }
}

describe('BDAT', async () => {
  const server = await start({ limits: { messageBytes: 100_000 } })

  it('takes a message in chunks, whose octets mean nothing', async () => {
    const client = await server.client()
    await beginTransaction(client)
    await play(client, [
      [chunk('Subject: x\r\n\r\n.\r\nQUIT\r\n'), '250 2.0.0 23 octets'],
      [chunk('..\r\n', ' last'), '250 2.0.0 taken'],
    ])
    assert.equal(server.taken.at(-1)?.octets.toString(), 'Subject: x\r\n\r\n.\r\nQUIT\r\n..\r\n')
    await beginTransaction(client)
    await play(client, [
      [chunk('a\r'), '250'],
      [chunk('\nb\r\n'), '250'],
      ['BDAT 0', '250 2.0.0 0 octets'],
      ['BDAT 0 LAST', '250 2.0.0 taken'],
      ['NOOP', '250'],
    ])
    assert.equal(server.taken.at(-1)?.octets.toString(), 'a\r\nb\r\n')
  })

  it('takes a whole pipeline at once, however it is cut', async () => {
    const whole = Buffer.concat([
      Buffer.from('MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\n'),
      chunk('Subject: x\r\n'),
      chunk('\r\nbody\r\n', ' LAST'),
      Buffer.from('NOOP\r\n'),
    ])
    const client = await server.client()
    for (let cut = 1; cut < whole.length; cut += 1) {
      await client.flush(whole.subarray(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      client.send(whole.subarray(cut))
      for (let i = 0; i < 5; i += 1) assert.match(await client.reply(), /^250/)
      assert.equal(server.taken.at(-1)?.octets.toString(), 'Subject: x\r\n\r\nbody\r\n')
    }
  })

  it('ends a last line that has no end', async () => {
    const client = await server.client()
    for (const [sent, kept] of [
      ['a: b\r\n\r\nbody', 'a: b\r\n\r\nbody\r\n'],
      ['', ''],
    ] as const) {
      await beginTransaction(client)
      await play(client, [[chunk(sent, ' LAST'), '250 2.0.0 taken']])
      assert.equal(server.taken.at(-1)?.octets.toString(), kept)
    }
  })

  it('refuses bare CR, bare LF and NUL as DATA does, and reads to the end of the chunk', async () => {
    const client = await server.client()
    for (const bad of ['a\nb\r\n', 'a\rb\r\n', 'a\0\r\n', '\r\r\n', 'a\r', '\n']) {
      await beginTransaction(client)
      await play(client, [
        [chunk(bad, ' LAST'), '550 5.5.2'],
        ['NOOP', '250'],
      ])
    }
  })

  it('swallows a refused chunk: what stands in it is never run', async () => {
    const evil = chunk('MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.test>\r\n', ' LAST')
    const client = await server.client()
    const before = server.taken.length
    await play(client, [
      [evil, '503 5.5.1'],
      ['MAIL FROM:<a@example.org>', '250'],
      [evil, '503 5.5.1'],
      ['RCPT TO:<nobody@example.test>', '550'],
      [evil, '554 5.5.1'],
      ['RCPT TO:<b@example.test>', '250'],
      [chunk('a\nb\r\n'), '550 5.5.2'],
      [evil, '503 5.5.1'],
      ['NOOP', '250'],
    ])
    const greeted = await server.client({ ehlo: false })
    await play(greeted, [
      [evil, '503 5.5.1'],
      ['HELO client', '250'],
      [evil, '503 5.5.1'],
    ])
    assert.equal(server.taken.length, before)
  })

  it('refuses a message that grows too large, and stays in step', async () => {
    const client = await server.client()
    await beginTransaction(client)
    const big = `${'x'.repeat(59_998)}\r\n`
    await play(client, [
      [chunk(big), '250'],
      [chunk(big), '552 5.3.4'],
      [chunk(big, ' LAST'), '503 5.5.1'],
      ['NOOP', '250'],
    ])
  })

  it('ends a session whose chunk size cannot be read: nothing after it can be, either', async () => {
    for (const bad of [
      'BDAT',
      'BDAT LAST',
      'BDAT -1',
      'BDAT 0x10',
      'BDAT 1e3',
      'BDAT 10 FIRST',
      'BDAT 10 LAST LAST',
      'BDAT 18446744073709551617',
      'BDAT 4\0',
      'BDAT 4\nQUIT',
      'bdat 4\rX',
    ]) {
      const client = await server.client()
      await beginTransaction(client)
      client.send(`${bad}\r\nMAIL FROM:<evil@example.org>\r\n`)
      assert.match(await client.reply(), /^501 5\.5\.4/, JSON.stringify(bad))
      assert.equal(await client.closed(), '')
    }
  })

  it('takes neither DATA, RCPT nor MAIL between chunks, and forgets them on RSET', async () => {
    const client = await server.client()
    await beginTransaction(client)
    await play(client, [
      [chunk('a: b\r\n'), '250'],
      ['DATA', '503 5.5.1'],
      ['RCPT TO:<c@example.test>', '503 5.5.1'],
      ['MAIL FROM:<a@example.org>', '503 5.5.1'],
      ['RSET', '250'],
      [chunk('c: d\r\n', ' LAST'), '503 5.5.1'],
      ['MAIL FROM:<a@example.org>', '250'],
      ['RCPT TO:<b@example.test>', '250'],
      [chunk('e: f\r\n', ' LAST'), '250 2.0.0 taken'],
      [chunk('g: h\r\n', ' LAST'), '503 5.5.1'],
    ])
    assert.equal(server.taken.at(-1)?.octets.toString(), 'e: f\r\n')
  })

  it('does not offer BINARYMIME', async () => {
    const client = await server.client({ ehlo: false })
    const offered = await client.ask('EHLO client.example.test')
    assert.match(offered, /CHUNKING/)
    assert.doesNotMatch(offered, /BINARYMIME/)
    assert.match(await client.ask('MAIL FROM:<a@example.org> BODY=BINARYMIME'), /^501/)
  })

  it('gives memory back when the client goes, resets, or is slow', async () => {
    const budget = new MemoryBudget(1_000_000)
    const small = await start({ budget, limits: { dataIdleMs: 100, dataGraceMs: 100 } })
    const ways: readonly ((client: WireClient) => Promise<unknown>)[] = [
      (client) => Promise.resolve(client.destroy()),
      (client) => client.ask('RSET'),
      (client) => client.ask('EHLO again'),
      async (client) => {
        client.send('BDAT 100\r\nx')
        assert.match(await client.reply(), /^421 4\.4\.2/)
      },
    ]
    for (const leave of ways) {
      const client = await small.client()
      await beginTransaction(client)
      await play(client, [[chunk('x'.repeat(50_000)), '250']])
      assert.ok(budget.used > 0)
      await leave(client)
      await until(() => budget.used === 0)
    }
  })
})

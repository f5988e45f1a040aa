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

/** Brings a session to the point where the message is awaited. */
async function beginData(client: WireClient, mail = 'MAIL FROM:<a@example.org>'): Promise<void> {
  assert.match(await client.ask(mail), /^250/)
  assert.match(await client.ask('RCPT TO:<b@example.test>'), /^250/)
  assert.match(await client.ask('DATA'), /^354/)
}

describe('DATA', async () => {
  const server = await start()

  async function deliver(
    octets: string | Uint8Array,
  ): Promise<{ reply: string; kept: string | undefined }> {
    const client = await server.client()
    await beginData(client)
    const before = server.taken.length
    await client.flush(octets)
    const reply = await client.reply()
    assert.match(await client.ask('NOOP'), /^250/, 'the session is still in step')
    client.destroy()
    return { reply, kept: server.taken[before]?.octets.toString('latin1') }
  }

  it('keeps the octets, without the dots that were stuffed', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['.\r\n', ''],
      ['\r\n.\r\n', '\r\n'],
      ['..\r\n.\r\n', '.\r\n'],
      ['...\r\n.\r\n', '..\r\n'],
      ['.x\r\n.\r\n', 'x\r\n'],
      ['a\r\n..\r\nb\r\n.\r\n', 'a\r\n.\r\nb\r\n'],
      ['a.\r\n.b\r\n.\r\n', 'a.\r\nb\r\n'],
      ['Subject: x\r\n\r\n\xe9\xff\r\n.\r\n', 'Subject: x\r\n\r\n\xe9\xff\r\n'],
      [`${'x'.repeat(200_000)}\r\n.\r\n`, `${'x'.repeat(200_000)}\r\n`],
    ]
    for (const [sent, kept] of cases) {
      const result = await deliver(Buffer.from(sent, 'latin1'))
      assert.match(result.reply, /^250 2\.0\.0/)
      assert.equal(result.kept, kept)
    }
  })

  it('keeps them however they are cut', async () => {
    const message = Buffer.from('a: b\r\n\r\n..\r\n.x\r\ny.\r\n.\r\n')
    for (let cut = 1; cut < message.length; cut += 1) {
      const client = await server.client()
      await beginData(client)
      await client.flush(message.subarray(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      client.send(message.subarray(cut))
      assert.match(await client.reply(), /^250/)
      assert.equal(server.taken.at(-1)?.octets.toString(), 'a: b\r\n\r\n.\r\nx\r\ny.\r\n')
      client.destroy()
    }
  })

  it('refuses bare CR, bare LF and NUL, reads to the end and goes on', async () => {
    for (const bad of [
      'a\nb\r\n.\r\n',
      'a\rb\r\n.\r\n',
      'a\0b\r\n.\r\n',
      '\0\r\n.\r\n',
      '\n\r\n.\r\n',
      '\r\r\n.\r\n',
      '.\0\r\n.\r\n',
    ]) {
      const { reply, kept } = await deliver(bad)
      assert.match(reply, /^550 5\.5\.2/, JSON.stringify(bad))
      assert.equal(kept, undefined)
    }
  })

  it('ends a message at CR LF dot CR LF and nowhere else', async () => {
    const before = server.taken.length
    for (const end of [
      '\n.\n',
      '\n.\r\n',
      '\r\n.\n',
      '\r.\r',
      '\r\n.\r',
      '\r.\r\n',
      '\r\n\0.\r\n',
      '\r\n.\r\r\n',
    ]) {
      const client = await server.client()
      await beginData(client)
      client.send(
        `Subject: x\r\n\r\nbody${end}MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.test>\r\n.\r\n`,
      )
      assert.match(await client.reply(), /^550 5\.5\.2/, JSON.stringify(end))
      assert.match(await client.ask('RCPT TO:<b@example.test>'), /^503/)
      client.destroy()
    }
    assert.equal(server.taken.length, before)
  })

  it('reads ten megabytes of stuffed dots in linear time', async () => {
    const begun = process.cpuUsage()
    const { reply } = await deliver(`${'..\r\n'.repeat(2_500_000)}.\r\n`)
    assert.match(reply, /^250/)
    const used = process.cpuUsage(begun)
    assert.ok(used.user + used.system < 5_000_000, `${used.user + used.system} us of CPU`)
  })

  it('refuses a message that went round in circles', async () => {
    const received = 'Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n'
    assert.match((await deliver(`${received.repeat(100)}\r\n.\r\n`)).reply, /^250/)
    assert.match((await deliver(`${received.repeat(101)}\r\n.\r\n`)).reply, /^554 5\.4\.6/)
    assert.match((await deliver(`\r\n${received.repeat(101)}.\r\n`)).reply, /^250/)
  })

  it('begins anew after each message', async () => {
    const client = await server.client()
    for (let i = 0; i < 3; i += 1) {
      await beginData(client)
      client.send('x: y\r\n.\r\n')
      assert.match(await client.reply(), /^250/)
      assert.match(await client.ask('RCPT TO:<b@example.test>'), /^503/)
    }
  })
})

describe('a message that is too large', async () => {
  const server = await start({ limits: { messageBytes: 1000 } })

  it('is refused at MAIL where it says so', async () => {
    const client = await server.client()
    assert.match(await client.ask('MAIL FROM:<a@example.org> SIZE=1001'), /^552 5\.3\.4/)
    assert.match(await client.ask('MAIL FROM:<a@example.org> SIZE=1000'), /^250/)
  })

  it('is refused at its end, and one octet less is taken', async () => {
    for (const [bytes, expected] of [
      [1000, /^250/],
      [1001, /^552 5\.3\.4/],
      [5_000_000, /^552 5\.3\.4/],
    ] as const) {
      const client = await server.client()
      await beginData(client)
      await client.flush(`${'x'.repeat(bytes - 2)}\r\n.\r\n`)
      assert.match(await client.reply(), expected)
      assert.match(await client.ask('NOOP'), /^250/)
    }
  })

  it('does not count stuffed dots', async () => {
    const client = await server.client()
    await beginData(client)
    client.send(`${'..\r\n'.repeat(333)}.\r\n`)
    assert.match(await client.reply(), /^250/)
  })
})

describe('the memory for messages', () => {
  it('is given back after each message', async () => {
    const budget = new MemoryBudget(100_000)
    const server = await start({ budget })
    const client = await server.client()
    for (const declared of ['', ' SIZE=5000000', ' SIZE=10']) {
      await beginData(client, `MAIL FROM:<a@example.org>${declared}`)
      await client.flush(`${'x'.repeat(5_000_000)}\r\n.\r\n`)
      assert.match(await client.reply(), /^250/)
      assert.equal(server.taken.at(-1)?.octets.length, 5_000_002)
      assert.equal(budget.used, 0)
    }
  })

  it('is given back when the client goes in the middle', async () => {
    const budget = new MemoryBudget(100_000)
    const server = await start({ budget })
    const client = await server.client()
    await beginData(client)
    await client.flush('x'.repeat(20_000))
    await until(() => budget.used > 0)
    client.destroy()
    await until(() => budget.used === 0)
    assert.equal(server.taken.length, 0)
  })
})

describe('slow clients', () => {
  it('lose the connection when octets of a command trickle in', async () => {
    const server = await start({ limits: { commandMs: 200 } })
    const client = await server.client({ ehlo: false })
    const timer = setInterval(() => client.send('N'), 20)
    const goodbye = await client.reply().finally(() => clearInterval(timer))
    assert.match(goodbye, /^421 4\.4\.2/)
    await client.closed()
  })

  it('lose it when a message stops', async () => {
    const server = await start({ limits: { dataIdleMs: 100 } })
    const client = await server.client()
    await beginData(client)
    client.send('Subject: x\r\n')
    assert.match(await client.reply(), /^421 4\.4\.2/)
  })

  it('lose it when a message comes too slowly', async () => {
    const server = await start({ limits: { dataGraceMs: 100, minimumBytesPerSecond: 1000 } })
    const client = await server.client()
    await beginData(client)
    const timer = setInterval(() => client.send('x'), 10)
    const goodbye = await client.reply().finally(() => clearInterval(timer))
    assert.match(goodbye, /^421 4\.4\.2/)
  })
})

describe('many large messages at once', () => {
  it('come in one after another where there is no memory for all', async () => {
    const limit = 8 * 1024 * 1024
    const budget = new MemoryBudget(limit)
    const server = await start({
      budget,
      handlers: {
        onMessage: async (octets) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          return { code: 250, text: String(octets.length) }
        },
      },
    })
    const piece = `${'x'.repeat(998)}\r\n`.repeat(1000)
    let most = 0
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const client = await server.client()
        await beginData(client, `MAIL FROM:<>${n % 2 === 0 ? '' : ' SIZE=5000000'}`)
        for (let i = 0; i < 5; i += 1) {
          await client.flush(piece)
          most = Math.max(most, budget.used)
        }
        client.send('.\r\n')
        return await client.reply()
      }),
    )
    assert.deepEqual(new Set(answers), new Set(['250 5000000']))
    assert.ok(most <= limit * 1.5 + 10_000_000, String(most))
    assert.equal(budget.used, 0)
  })
})

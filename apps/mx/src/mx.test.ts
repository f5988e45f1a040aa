import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { silentLog } from '@posthouse/telemetry'
import { openStore, type Store } from '@posthouse/store'
import type { Running } from '@posthouse/app'
import {
  freshDatabase,
  RawClient,
  startSuite,
  testActor,
  type FreshDatabase,
  type Suite,
} from '@posthouse/testkit'
import { app } from './app.ts'

/** One reply, its lines joined. */
async function reply(client: RawClient): Promise<string> {
  const lines = await client.readLines((line) => !/^\d{3}-/.test(line))
  return lines.join('\n')
}

async function ask(client: RawClient, line: string): Promise<string> {
  client.sendLine(line)
  return await reply(client)
}

async function session(suite: Suite): Promise<RawClient> {
  const client = await suite.connect('mx')
  await reply(client)
  await ask(client, 'EHLO client.example.org')
  return client
}

/** Delivers in one go; the reply to the message. */
async function deliver(
  client: RawClient,
  recipients: readonly string[],
  octets: string,
  mail = 'MAIL FROM:<sender@example.org>',
): Promise<string> {
  client.send(`${mail}\r\n${recipients.map((to) => `RCPT TO:<${to}>\r\n`).join('')}DATA\r\n`)
  for (let i = 0; i < recipients.length + 2; i += 1) {
    const answer = await reply(client)
    assert.match(answer, /^[23]/, answer)
  }
  client.send(`${octets}.\r\n`)
  return await reply(client)
}

describe('the MX', () => {
  let suite: Suite
  before(async () => {
    suite = await startSuite({ apps: [app], limits: { messageBytes: 1_000_000 } })
    await suite.account('ada@example.test')
    await suite.account('bob@example.test')
    await suite.store.aliases.create(
      'out@example.test',
      ['bob@example.test', 'friend@example.org'],
      { via: 'test', user: '' },
    )
  })
  after(() => suite.stop())

  it('queues what an alias sends elsewhere, in the transaction of the local copies', async () => {
    const client = await session(suite)
    const answer = await deliver(
      client,
      ['out@example.test', 'ada@example.test'],
      'Subject: x\r\n\r\n\u00fc\r\n',
    )
    const id = /^250 2\.0\.0 (\w{26}) /.exec(answer)?.[1] ?? ''
    const items = await suite.store.queue.show(id)
    assert.deepEqual(
      items.map(({ address, account }) => ({ address, account })),
      [{ address: 'friend@example.org', account: null }],
    )
    assert.match(items[0]?.sender ?? '', /^SRS0=.{4}=..=example\.org=sender@example\.test$/)
    const content = (await suite.store.queue.contents([id])).get(id)?.toString() ?? ''
    assert.match(
      content,
      /^Delivered-To: out@example\.test\r\nReceived: from client\.example\.org /,
    )
    assert.match(content, /\r\nSubject: x\r\n\r\n\u00fc\r\n$/)
    client.close()
  })

  it('refuses a message that comes back to the alias that sent it out', async () => {
    const client = await session(suite)
    const looped = 'Delivered-To: OUT@example.test\r\nSubject: x\r\n\r\n'
    assert.match(await deliver(client, ['out@example.test'], looped), /^554 5\.4\.6/)
    assert.match(await deliver(client, ['bob@example.test'], looped), /^250/)
    client.close()
  })

  it('refuses an account that has no room, and takes one message that fills it', async () => {
    const { id } = await suite.account('full@example.test')
    await suite.store.quotas.set(id, { messages: 1 })
    const client = await session(suite)
    assert.match(await deliver(client, ['full@example.test'], 'Subject: last\r\n\r\n'), /^250/)
    await ask(client, 'MAIL FROM:<>')
    assert.match(await ask(client, 'RCPT TO:<full@example.test>'), /^452 4\.2\.2/)
    assert.match(await ask(client, 'RCPT TO:<bob@example.test>'), /^250/)
    client.close()
  })

  it('takes mail for postmaster and abuse where there is no room, and nobody else is there', async () => {
    const { id } = await suite.account('postmaster@example.test')
    await suite.store.quotas.set(id, { messages: 1 })
    const client = await session(suite)
    const roles = ['postmaster@example.test', 'Postmaster', 'abuse@example.test']
    for (const role of roles) {
      assert.match(await deliver(client, [role], 'Subject: full\r\n\r\n'), /^250/, role)
    }
    await suite.store.accounts.setEnabled('postmaster@example.test', false, testActor)
    for (const role of roles) {
      assert.match(await deliver(client, [role], 'Subject: away\r\n\r\n'), /^250/, role)
    }
    client.close()
  })

  it('takes a thousand recipients and no more', async () => {
    const client = await session(suite)
    await ask(client, 'MAIL FROM:<sender@example.org>')
    let rcpts = ''
    for (let i = 0; i < 1001; i += 1) rcpts += `RCPT TO:<ada+${i}@example.test>\r\n`
    client.send(rcpts)
    for (let i = 0; i < 1000; i += 1) assert.match(await reply(client), /^250 2\.1\.5/)
    assert.match(await reply(client), /^452 4\.5\.3/)
    await ask(client, 'DATA')
    assert.match(await ask(client, '.'), /^250/)
    client.close()
  })

  it('commits what comes on many connections at once', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => session(suite)))
    const answers = await Promise.all(
      clients.map(async (client, n) => {
        const all: string[] = []
        for (let i = 0; i < 5; i += 1) {
          all.push(
            await deliver(client, ['ada@example.test'], `Subject: ${n}.${i}\r\n\r\nbody\r\n`),
          )
        }
        client.close()
        return all
      }),
    )
    assert.equal(answers.flat().filter((answer) => answer.startsWith('250 2.0.0 ')).length, 100)
  })

  it('takes strange octets as they are', async () => {
    const client = await session(suite)
    for (const octets of [
      '',
      '\r\n',
      'no header at all\r\n',
      ': no name\r\n\r\n',
      'Subject: \u00ff\u0080\r\n\r\n\u0001\u0002\r\n',
      `Subject: ${'x'.repeat(100_000)}\r\n\r\n`,
      `${'X: y\r\n'.repeat(10_000)}\r\n`,
      `Message-ID: <${'m'.repeat(20_000)}@x>\r\nDate: Mon, 1 Jan 999999 00:00:00 +0000\r\n\r\n`,
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(20_000)}`,
    ]) {
      assert.match(await deliver(client, ['ada@example.test'], octets), /^250/, octets.slice(0, 40))
    }
    client.close()
  })

  it('stays in step when a message is over the limit', async () => {
    const client = await session(suite)
    assert.match(
      await deliver(client, ['ada@example.test'], `${'x'.repeat(2_000_000)}\r\n`),
      /^552 5\.3\.4/,
    )
    assert.match(await deliver(client, ['ada@example.test'], 'Subject: after\r\n\r\n'), /^250/)
    client.close()
  })

  it('refuses a disabled account', async () => {
    await suite.account('off@example.test')
    await suite.store.accounts.setEnabled('off@example.test', false, { via: 'test', user: '' })
    const client = await session(suite)
    await ask(client, 'MAIL FROM:<>')
    assert.match(await ask(client, 'RCPT TO:<off@example.test>'), /^550 5\.2\.1/)
    client.close()
  })
})

describe('the MX without its store', () => {
  let database: FreshDatabase
  let store: Store
  let running: Running
  let suite: Suite
  before(async () => {
    suite = await startSuite({ apps: [] })
    database = await freshDatabase()
    store = await openStore({ database: database.url, log: silentLog, app: 'mx', unsafe: true })
    await store.domains.create('example.test', { via: 'test', user: '' })
    await store.accounts.create({ address: 'ada@example.test' }, { via: 'test', user: '' })
    running = await app.start({ config: suite.config, log: silentLog, store, tls: suite.tls })
  })
  after(async () => {
    await running.drain()
    await suite.stop()
    await database.drop()
  })

  it('answers every verb with a temporary error, and never with 250', async () => {
    const port = running.listeners[0]?.port ?? 0
    const options = { port, ca: suite.ca, serverName: 'localhost' }
    const [early, late] = [await RawClient.connect(options), await RawClient.connect(options)]
    for (const client of [early, late]) {
      await reply(client)
      await ask(client, 'EHLO client.example.org')
      await ask(client, 'MAIL FROM:<a@example.org>')
    }
    await ask(late, 'RCPT TO:<ada@example.test>')
    await ask(late, 'DATA')
    await store.close()
    assert.match(await ask(early, 'RCPT TO:<ada@example.test>'), /^451 4\.3\.0/)
    assert.match(await ask(late, '.'), /^451 4\.3\.0/)
    assert.match(await ask(late, 'NOOP'), /^250/)
    for (let tries = 0; ; tries += 1) {
      assert.ok(tries < 300, 'the greeting never told')
      const client = await RawClient.connect(options)
      const greeting = await reply(client)
      client.close()
      // The answer of a second ago still counts.
      if (greeting.startsWith('421 4.3.0')) break
      assert.match(greeting, /^220/)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    early.close()
    late.close()
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RawClient, startSuite, type Suite } from '@posthouse/testkit'
import { app } from './app.ts'

async function reply(client: RawClient): Promise<string> {
  const lines = await client.readLines((line) => !/^\d{3}-/.test(line))
  return lines.join('\n')
}

async function ask(client: RawClient, line: string): Promise<string> {
  client.sendLine(line)
  return await reply(client)
}

/** A client behind the proxy; what it says before the greeting, if anything. */
async function from(suite: Suite, address: string, early = ''): Promise<RawClient> {
  const client = await suite.connect('mx')
  client.send(`PROXY TCP4 ${address} 198.51.100.7 56324 25\r\n${early}`)
  return client
}

async function deliver(client: RawClient): Promise<string> {
  for (const line of [
    'EHLO client.example.org',
    'MAIL FROM:<a@example.org>',
    'RCPT TO:<ada@example.test>',
  ]) {
    assert.match(await ask(client, line), /^250/)
  }
  assert.match(await ask(client, 'DATA'), /^354/)
  return await ask(client, 'Subject: x\r\n\r\nHello\r\n.')
}

function hiddenClientLines(suite: Suite): readonly string[] {
  return suite.logTail().filter((line) => line.includes('smtp.clients.hidden'))
}

describe('the door of the MX', () => {
  let suite: Suite
  before(async () => {
    suite = await startSuite({
      apps: [app],
      mx: { greetingDelayMs: 1500, connectionsPerMinute: 60 },
      proxy: { networks: ['127.0.0.0/8'] },
    })
    await suite.account('ada@example.test')
  })
  after(() => suite.stop())

  it('sends strangers away that talk before the greeting, and lets known clients talk', async () => {
    const early = await from(suite, '192.0.2.1', 'EHLO client.example.org\r\n')
    assert.match(await reply(early), /^421 4\.7\.0 .* before the greeting$/)
    const patient = await from(suite, '192.0.2.1')
    assert.match(await reply(patient), /^220/)
    assert.match(await deliver(patient), /^250 2\.0\.0/)
    const known = await from(suite, '192.0.2.1', 'EHLO client.example.org\r\n')
    assert.match(await reply(known), /^220/)
    assert.match(await reply(known), /^250/)
    for (const client of [early, patient, known]) client.close()
  })

  it('writes down the client behind the proxy', async () => {
    const client = await from(suite, '192.0.2.77')
    assert.match(await reply(client), /^220/)
    await ask(client, 'EHLO client.example.org')
    await ask(client, 'MAIL FROM:<a@example.org>')
    assert.match(await ask(client, 'RCPT TO:<b@example.org>'), /^550 5\.7\.1/)
    const refused = suite.logTail().findLast((line) => line.includes('smtp.rcpt.refused'))
    assert.match(refused ?? '', / remote=192\.0\.2\.77 /)
    client.close()
  })

  it('says once that a gateway hides its clients, and trusts nobody for it', async () => {
    const other = await startSuite({
      apps: [app],
      proxy: { networks: ['127.0.0.1'] },
    })
    await other.account('ada@example.test')
    try {
      for (let i = 0; i < 25; i += 1) {
        const client = await from(other, '10.0.0.1')
        assert.match(await reply(client), /^220/)
        await ask(client, `EHLO host${i}.example.org`)
        await ask(client, 'MAIL FROM:<a@example.org>')
        assert.match(await ask(client, 'RCPT TO:<a@example.org>'), /^550 5\.7\.1/)
        client.close()
      }
      const lines = hiddenClientLines(other)
      assert.equal(lines.length, 1)
      assert.match(lines[0] ?? '', /10\.0\.0\.1, a private address/)
    } finally {
      await other.stop()
    }
    assert.deepEqual(hiddenClientLines(suite), [], 'not where clients come from everywhere')
  })
})

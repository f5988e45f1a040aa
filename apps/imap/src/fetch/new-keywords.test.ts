import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'

/** Together more than the network takes up while nobody reads. */
const messages = 200
const messageBytes = 100_000

let suite: Suite

before(async () => {
  suite = await startSuite({ apps: [app] })
  const { id } = await suite.account('ada@example.test')
  const inbox = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const octets = Buffer.from(`Subject: long\r\n\r\n${'x'.repeat(messageBytes)}`)
  const request = { octets, facts: computeFacts(octets), flags: [] }
  for (let i = 0; i < messages; i++) {
    assert.ok((await suite.store.append(id, inbox.id, request)).ok)
  }
})
after(() => suite.stop())

async function session(): Promise<RawClient> {
  const client = await suite.connect('imap')
  await client.readLine()
  await logIn(client, 'imap', 'ada@example.test')
  client.sendLine('s SELECT INBOX')
  await client.readLines((line) => line.startsWith('s OK'))
  return client
}

/** The lines of the answers up to the tagged one, without the literals in between. */
async function answers(client: RawClient): Promise<string[]> {
  const lines: string[] = []
  for (;;) {
    const line = await client.readLine()
    lines.push(line)
    const literal = /\{(\d+)\}$/.exec(line)?.[1]
    if (literal !== undefined) await client.readOctets(Number(literal))
    else if (line.startsWith('t ')) return lines
  }
}

const isFlags = (line: string): boolean => line.startsWith('* FLAGS ')

for (const items of ['FLAGS BODY.PEEK[]', 'BODY.PEEK[] FLAGS']) {
  test(`a keyword that comes up in the middle of FETCH (${items}) is told before it stands at a message`, async () => {
    const [reader, writer] = [await session(), await session()]
    const keyword = `late${items.length}${items[0]}`.toLowerCase()
    reader.sendLine(`t FETCH 1:* (${items})`)
    const first = await reader.peekLine()
    reader.pause()
    writer.sendLine(`w STORE ${messages} FLAGS (${keyword})`)
    await writer.readLines((line) => line.startsWith('w OK'))
    reader.resume()
    const lines = await answers(reader)
    assert.equal(lines[0], first)
    const told = lines.findIndex((line) => isFlags(line) && line.includes(keyword))
    const carried = lines.findIndex((line) => line.includes(`FLAGS (${keyword}`) && !isFlags(line))
    assert.ok(carried > 0, 'the last message was not read yet when it got the keyword')
    assert.ok(told > 0 && told < carried, `FLAGS at ${told}, FETCH at ${carried}`)
    reader.close()
    writer.close()
  })
}

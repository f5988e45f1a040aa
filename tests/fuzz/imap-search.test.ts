import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app } from '@posthouse/imap'
import { computeFacts } from '@posthouse/message'
import {
  logIn,
  randomMail,
  randomPhrase,
  startSuite,
  type RawClient,
  type Suite,
} from '@posthouse/testkit'
import { Random } from './house/random.ts'

const seed = Number(process.env['POSTHOUSE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const messages = 100
const programs = 50

let suite: Suite
let client: RawClient
before(async () => {
  suite = await startSuite({ apps: [app] })
  const { id } = await suite.account('ada@example.test')
  const inbox = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const random = new Random(seed)
  const requests = Array.from({ length: messages }, (_, n) => {
    const octets = randomMail((below) => random.below(below), n)
    return { octets, facts: computeFacts(octets), flags: [] }
  })
  assert.ok((await suite.store.appendAll(id, inbox.id, requests)).ok)
  client = await suite.connect('imap')
  await client.readLine()
  await logIn(client, 'imap', 'ada@example.test')
  client.sendLine('s SELECT INBOX')
  await client.readLines((line) => line.startsWith('s '))
})
after(async () => {
  client.close()
  await suite.stop()
})

/** A key that looks for a text, or a few of them together. */
function programFrom(random: Random, depth = 2): string {
  const choice = random.below(depth > 0 ? 8 : 5)
  if (choice === 5) return `NOT ${programFrom(random, depth - 1)}`
  if (choice === 6) return `OR ${programFrom(random, depth - 1)} ${programFrom(random, depth - 1)}`
  if (choice === 7) return `(${programFrom(random, depth - 1)} ${programFrom(random, depth - 1)})`
  const keys = ['SUBJECT', 'FROM', 'TO', 'CC', 'BODY', 'BODY', 'TEXT', 'TEXT']
  const names = ['X-Words', 'Message-ID', 'Subject', 'X-Nothing']
  const header = `HEADER ${names[random.below(names.length)] ?? ''}`
  const key = random.below(4) === 0 ? header : (keys[random.below(keys.length)] ?? 'TEXT')
  return `${key} ${literal(needleFrom(random))}`
}

function needleFrom(random: Random): string {
  const text = randomPhrase((below) => random.below(below), 1 + random.below(2))
  const start = random.below(3) === 0 ? random.below(text.length) : 0
  return text.slice(start, start + 1 + random.below(12)).toWellFormed()
}

function literal(text: string): string {
  return `{${Buffer.byteLength(text)}+}\r\n${text}`
}

async function found(program: string): Promise<string> {
  client.send(Buffer.from(`t SEARCH CHARSET UTF-8 ${program}\r\n`))
  const lines = await client.readLines((line) => line.startsWith('t '))
  assert.match(lines.at(-1) ?? '', /^t OK/, `seed ${seed}: ${program}`)
  return lines.find((line) => line.startsWith('* SEARCH')) ?? ''
}

test('what is found does not depend on what is indexed', async (t) => {
  t.diagnostic(`seed ${seed}`)
  const random = new Random(seed)
  const asked = Array.from({ length: programs }, () => programFrom(random))
  const scanned: string[] = []
  for (const program of asked) scanned.push(await found(program))
  assert.equal(await suite.store.indexForSearch(), messages)
  for (const [i, program] of asked.entries()) {
    assert.equal(await found(program), scanned[i], `seed ${seed}: ${program}`)
  }
  const hits = scanned.filter((line) => line !== '* SEARCH').length
  assert.ok(hits > programs / 10, `only ${hits} searches found anything`)
})

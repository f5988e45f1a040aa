import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { freshDatabase, startSuite, type FreshDatabase, type Suite } from '@posthouse/testkit'
import { LineClient } from './house/line-client.ts'

const ada = 'ada@example.test'
const words = Array.from({ length: 100 }, (_, i) => `word${i}`)

let database: FreshDatabase
let suite: Suite
before(async () => {
  database = await freshDatabase()
  suite = await startSuite({ apps: [imap], database: { ...database, drop: async () => {} } })
  await suite.account(ada)
})
after(async () => {
  await suite.stop()
  await database.drop()
})

async function signedIn(): Promise<LineClient> {
  const client = new LineClient(await suite.connect('imap'))
  await client.ok(`LOGIN ${ada} analytical`)
  return client
}

/** The flags that FETCH tells, sorted, by sequence number. */
async function flagsOf(client: LineClient): Promise<readonly (readonly string[])[]> {
  const lines = await client.ok('FETCH 1:* FLAGS')
  const told = lines.flatMap((line) => /FLAGS \(([^)]*)\)\)$/.exec(line)?.[1] ?? [])
  return told.map((list) => list.split(' ').filter((flag) => flag !== '' && flag !== '\\Recent'))
}

async function everythingIsThere(client: LineClient, mailbox: string): Promise<void> {
  const greeting = await client.ok(`SELECT ${mailbox}`)
  for (const start of ['* FLAGS (', '* OK [PERMANENTFLAGS (']) {
    const line = greeting.find((each) => each.startsWith(start)) ?? ''
    const named = new Set(line.slice(start.length, line.indexOf(')')).split(' '))
    assert.deepEqual(
      words.filter((word) => !named.has(word)),
      [],
    )
  }
  const [first, second, third] = await flagsOf(client)
  assert.deepEqual(new Set(first), new Set(words.filter((word) => word !== 'word50')))
  assert.deepEqual(second, ['word7', 'word77'])
  assert.deepEqual(third, ['\\Seen'])
  const found = async (program: string): Promise<string | undefined> =>
    (await client.ok(`SEARCH ${program}`)).find((line) => line.startsWith('* SEARCH'))
  assert.equal(await found('KEYWORD word99'), '* SEARCH 1')
  assert.equal(await found('KEYWORD WORD77'), '* SEARCH 1 2')
  assert.equal(await found('UNKEYWORD word77'), '* SEARCH 3')
  assert.equal(await found('KEYWORD word50'), '* SEARCH')
  assert.equal(await found('OR KEYWORD word26 KEYWORD word27'), '* SEARCH 1')
}

test('a hundred keywords of an account are set, shown, searched, copied, and there after a restart', async () => {
  const client = await signedIn()
  for (const n of [1, 2, 3]) {
    const octets = `Subject: ${n}\r\n\r\nHello.\r\n`
    const flags = n === 3 ? ' (\\Seen)' : ''
    await client.ok(`APPEND INBOX${flags} {${octets.length}+}\r\n${octets}`)
  }
  await client.ok('SELECT INBOX')
  const told = await client.ok(`STORE 1 +FLAGS (${words.join(' ')})`)
  assert.ok(told.some((line) => line.startsWith('* FLAGS (') && line.includes(' word99')))
  await client.ok('STORE 1 -FLAGS.SILENT (word50)')
  await client.ok('STORE 2 FLAGS (word7 word77 word78)')
  await client.ok('STORE 2 FLAGS (word77 word7)')
  await everythingIsThere(client, 'INBOX')
  // COPY keeps them, in another mailbox and there again.
  await client.ok('COPY 1:3 Archive')
  await everythingIsThere(client, 'Archive')
  await client.ok('LOGOUT')

  await suite.stop()
  suite = await startSuite({ apps: [imap], database: { ...database, drop: async () => {} } })
  const again = await signedIn()
  await everythingIsThere(again, 'INBOX')
  await everythingIsThere(again, 'Archive')
  await again.ok('MOVE 1:2 Trash')
  await again.ok('SELECT Trash')
  assert.deepEqual((await flagsOf(again))[1], ['word7', 'word77'])
  // Another session hears of a keyword that is new to it, and of the flags.
  const other = await signedIn()
  await other.ok('SELECT Trash')
  await again.ok('STORE 2 +FLAGS (word101)')
  const news = await other.ok('NOOP')
  assert.ok(news.some((line) => line.includes('FETCH (FLAGS (word7 word77 word101')))
  await other.ok('LOGOUT')
  await again.ok('LOGOUT')
})

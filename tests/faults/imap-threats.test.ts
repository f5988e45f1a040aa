import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { computeFacts } from '@posthouse/message'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { waitFor } from '../journeys/house/wait-for.ts'

const ada = 'ada@example.test'
const bob = 'bob@example.test'
/** `sessionsPerAccount` of the IMAP server's limits. */
const most = 60
let suite: Suite
before(async () => {
  suite = await startSuite({ apps: [imap] })
  for (const address of [ada, bob]) await suite.account(address)
})
after(() => suite.stop())

async function signedIn(address: string): Promise<RawClient> {
  const client = await suite.connect('imap')
  try {
    await client.readLine()
    await logIn(client, 'imap', address)
    return client
  } catch (error) {
    client.close()
    throw error
  }
}

async function ask(client: RawClient, command: string): Promise<string[]> {
  client.send(Buffer.from(`t ${command}\r\n`, 'latin1'))
  return client.readLines((line) => line.startsWith('t '))
}

async function fill(address: string, mailbox: string, bodies: readonly string[]): Promise<void> {
  const account = await suite.store.accounts.show(address)
  assert.ok(account)
  const found = await suite.store.mailboxes(account.id).find(mailbox)
  assert.ok(found)
  const requests = bodies.map((body) => {
    const octets = Buffer.from(`Subject: ${body.slice(0, 20)}\r\n\r\n${body}\r\n`)
    return { octets, facts: computeFacts(octets), flags: [] }
  })
  assert.ok((await suite.store.appendAll(account.id, found.id, requests)).ok)
}

/** C6. */
test('what is searched for is text: no pattern, no expression, no statement', async () => {
  const texts = ['100% sure', 'a_b', 'plain', 'x.*y', "it's; DROP TABLE message; --", 'a & b | !c']
  await fill(ada, 'Archive', texts)
  const client = await signedIn(ada)
  await ask(client, 'SELECT Archive')
  const cases = [
    ['%', '1'], ['_', '2'], ['.*', '4'], ["'", '5'], ['DROP TABLE', '5'], ['&', '6'], ['| !', '6'], ['^', ''], ['$1', ''],
  ] as const // prettier-ignore
  for (const key of ['BODY', 'TEXT', 'SUBJECT'])
    for (const [text, found] of cases) {
      const [answer] = await ask(client, `SEARCH ${key} "${text}"`)
      assert.equal(answer, `* SEARCH${found === '' ? '' : ' '}${found}`, `${key} ${text}`)
    }
  client.close()
})

/** C6. */
test('clients that hang up in the middle of a search leave nothing running that counts', async () => {
  await fill(
    ada,
    'Sent',
    Array.from({ length: 200 }, (_, i) => `message ${i} `.repeat(200)),
  )
  for (let i = 0; i < most + 10; i += 1) {
    const client = await waitFor('a place', () => signedIn(ada).catch(() => undefined))
    await ask(client, 'SELECT Sent')
    client.sendLine('t SEARCH TEXT nowhere')
    client.close()
  }
  const last = await waitFor('a place', () => signedIn(ada).catch(() => undefined))
  assert.match((await ask(last, 'SELECT Sent')).at(-1) ?? '', /^t OK/)
  last.close()
})

/** C10. */
test('a client that asks for everything and reads nothing keeps nobody waiting', async () => {
  await fill(
    ada,
    'Junk',
    Array.from({ length: 12 }, (_, i) => `${i}`.repeat(2_000_000)),
  )
  const deaf = await signedIn(ada)
  await ask(deaf, 'SELECT Junk')
  deaf.pause()
  for (let i = 0; i < 5; i += 1) deaf.sendLine(`d${i} UID FETCH 1:* BODY.PEEK[]`)
  const other = await signedIn(ada)
  await ask(other, 'SELECT Junk')
  for (let i = 0; i < 20; i += 1)
    assert.match((await ask(other, 'UID STORE 1:* FLAGS (\\Seen)')).at(-1) ?? '', /^t OK/)
  assert.match((await ask(other, 'UID STORE 1:* +FLAGS (\\Deleted)')).at(-1) ?? '', /^t OK/)
  assert.match((await ask(other, 'EXPUNGE')).at(-1) ?? '', /^t OK/)
  other.close()
  deaf.close()
})

/** C12. */
test('a message that is cut while it comes in is not kept', async () => {
  for (const sent of ['Subject: cut', '']) {
    const client = await signedIn(bob)
    client.send(`t APPEND Drafts {100+}\r\n${sent}`)
    client.close()
    const replacing = await signedIn(bob)
    await ask(replacing, 'SELECT INBOX')
    replacing.send(`t REPLACE 1 Drafts {100+}\r\n${sent}`)
    replacing.close()
  }
  const client = await signedIn(bob)
  const [answer] = await ask(client, 'STATUS Drafts (MESSAGES)')
  assert.equal(answer, '* STATUS Drafts (MESSAGES 0)')
  client.close()
})

/** C14. */
test('nobody is signed in by the greeting, or again, and TLS does not begin behind a sign-in', async () => {
  const client = await suite.connect('imap')
  assert.match(await client.readLine(), /^\* OK /)
  await logIn(client, 'imap', bob)
  assert.match((await ask(client, 'STARTTLS')).at(-1) ?? '', /^t BAD/)
  assert.match((await ask(client, `LOGIN ${ada} analytical`)).at(-1) ?? '', /^t BAD/)
  assert.match((await ask(client, 'AUTHENTICATE PLAIN')).at(-1) ?? '', /^t BAD/)
  client.close()
})

/** C8: what is somebody else's is what is not there. */
test('every command that names a mailbox answers the same for another account’s and for none', async () => {
  await fill(ada, 'Trash', ['secret'])
  const client = await signedIn(bob)
  await ask(client, 'SELECT INBOX')
  const names = [
    'user/ada@example.test/Trash',
    '#user/ada/Trash',
    'ada@example.test',
    '../ada/Trash',
  ]
  const commands = ['STATUS $ (MESSAGES)', 'DELETE $', 'COPY 1:* $', 'GETQUOTAROOT $', 'APPEND $ {3+}\r\nabc', 'SELECT $'] // prettier-ignore
  for (const command of commands) {
    const wanted = await ask(client, command.replace('$', '"not there"'))
    await ask(client, 'EXAMINE INBOX')
    for (const name of names) {
      const answer = await ask(client, command.replace('$', `"${name}"`))
      await ask(client, 'SELECT INBOX')
      assert.equal(answer.at(-1)?.slice(0, 12), wanted.at(-1)?.slice(0, 12), `${command} ${name}`)
    }
  }
  client.close()
})

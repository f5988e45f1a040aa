import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Secret } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import type { AccountId } from '@posthouse/store'
import { logIn, startSuite, testActor, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'

let suite: Suite
before(async () => {
  suite = await startSuite({ apps: [app] })
})
after(() => suite.stop())

async function signedIn(address: string): Promise<RawClient> {
  const client = await suite.connect('imap')
  await client.readLine()
  try {
    await logIn(client, 'imap', address)
  } catch (error) {
    client.close()
    throw error
  }
  return client
}

/** Sends a command and gives everything up to its tagged answer. */
async function ask(client: RawClient, command: string): Promise<string[]> {
  client.sendLine(`t ${command}`)
  return client.readLines((line) => line.startsWith('t '))
}

async function deliver(account: AccountId, mailbox: string, subject: string): Promise<void> {
  const octets = Buffer.from(`Subject: ${subject}\r\n\r\nHello\r\n`)
  const found = await suite.store.mailboxes(account).find(mailbox)
  assert.ok(found)
  const facts = computeFacts(octets)
  const result = await suite.store.append(account, found.id, { octets, facts, flags: [] })
  assert.ok(result.ok)
}

test('what another process delivers is pushed into IDLE', async () => {
  const { id } = await suite.account('push@example.test')
  const client = await signedIn('push@example.test')
  await ask(client, 'SELECT INBOX')
  client.sendLine('i IDLE')
  await client.readLine()
  await deliver(id, 'INBOX', 'one')
  assert.equal(await client.readLine(), '* 1 EXISTS')
  assert.equal(await client.readLine(), '* 1 RECENT')
  client.sendLine('DONE')
  assert.match(await client.readLine(), /^i OK/)
  client.close()
})

test('\\Recent is given to one session', async () => {
  const { id } = await suite.account('recent@example.test')
  await deliver(id, 'INBOX', 'one')
  const [first, second] = [
    await signedIn('recent@example.test'),
    await signedIn('recent@example.test'),
  ]
  assert.ok((await ask(first, 'SELECT INBOX')).includes('* 1 RECENT'))
  assert.ok((await ask(second, 'SELECT INBOX')).includes('* 0 RECENT'))
  await deliver(id, 'INBOX', 'two')
  const told = [await ask(first, 'NOOP'), await ask(second, 'NOOP')].flat()
  const flags = [await ask(first, 'FETCH 2 FLAGS'), await ask(second, 'FETCH 2 FLAGS')].flat()
  assert.equal(told.filter((line) => line === '* 2 EXISTS').length, 2)
  assert.equal(flags.filter((line) => line.includes('\\Recent')).length, 1)
  first.close()
  second.close()
})

test('another password ends the sessions of the account, with a word', async () => {
  await suite.account('changed@example.test')
  const client = await signedIn('changed@example.test')
  client.sendLine('i IDLE')
  await client.readLine()
  await suite.store.accounts.setPassword('changed@example.test', new Secret('another'), testActor)
  assert.match(await client.readToEnd(), /^\* BYE This account has changed/)
})

test('a mailbox that another session removes ends the session, with a word', async () => {
  await suite.account('gone@example.test')
  const [first, second] = [await signedIn('gone@example.test'), await signedIn('gone@example.test')]
  await ask(first, 'CREATE temporary')
  await ask(first, 'SELECT temporary')
  await ask(second, 'DELETE temporary')
  first.sendLine('t NOOP')
  assert.match(await first.readToEnd(), /^t OK .*\r\n\* BYE The selected mailbox was removed\r\n$/)
  second.close()
})

test('an account has only so many sessions', async () => {
  await suite.account('busy@example.test')
  const clients: RawClient[] = []
  for (let i = 0; i < 60; i += 1) clients.push(await signedIn('busy@example.test'))
  await assert.rejects(signedIn('busy@example.test'), /NO \[LIMIT\]/)
  clients.shift()?.close()
  // Its place is free as soon as the server has noticed.
  for (;;) {
    const client = await signedIn('busy@example.test').catch(() => undefined)
    if (client === undefined) continue
    client.close()
    break
  }
  for (const client of clients) client.close()
})

test('a command that breaks off with the connection stores nothing', async () => {
  const { id } = await suite.account('cut@example.test')
  const client = await signedIn('cut@example.test')
  client.send('t APPEND INBOX {100+}\r\nSubject: half')
  client.end()
  await client.readToEnd()
  const found = await suite.store.mailboxes(id).find('INBOX')
  assert.ok(found)
  const status = await suite.store.mailboxes(id).status([found.id])
  assert.equal(status.get(found.id)?.messages, 0)
})

test('a drain says goodbye to everybody and waits for nobody', async () => {
  const own = await startSuite({ apps: [app] })
  await own.account('ada@example.test')
  const clients = [await own.connect('imap'), await own.connect('imap')]
  for (const client of clients) await client.readLine()
  const [idle, stranger] = clients
  assert.ok(idle && stranger)
  await logIn(idle, 'imap', 'ada@example.test')
  idle.sendLine('i IDLE')
  await idle.readLine()
  await own.stop()
  assert.match(await idle.readToEnd(), /^\* BYE The server is going down/)
  assert.match(await stranger.readToEnd(), /^\* BYE The server is going down/)
})

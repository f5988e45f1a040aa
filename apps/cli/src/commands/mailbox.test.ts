import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { computeFacts } from '@posthouse/message'
import type { Account } from '@posthouse/store'
import {
  logIn,
  sampleDate,
  sampleMessage,
  startSuite,
  type RawClient,
  type Suite,
} from '@posthouse/testkit'
import { runPosthouse, type Ended } from '../testing/command-house.ts'

const ada = 'ada@example.test'

let suite: Suite
let account: Account
let folder: string
before(async () => {
  suite = await startSuite({ apps: [imap] })
  account = await suite.account(ada)
  folder = await mkdtemp(path.join(os.tmpdir(), 'mailbox-'))
})
after(async () => {
  await suite.stop()
  await rm(folder, { recursive: true, force: true })
})

function run(...args: readonly string[]): Promise<Ended> {
  const { database } = suite.config
  assert.ok(database.kind === 'url')
  const env = {
    DATABASE_URL: database.url.reveal(),
    POSTHOUSE_DATA: folder,
    POSTHOUSE_UNSAFE_DB: '1',
  }
  return runPosthouse(env, ['mailbox', ...args])
}

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...args, '--json')
  assert.equal(code, 0, stdout + stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

async function refused(code: number, ...args: readonly string[]): Promise<string> {
  const ended = await run(...args)
  assert.equal(ended.code, code, ended.stdout + ended.stderr)
  assert.equal(ended.stdout, '')
  return ended.stderr
}

/** Puts sample messages into a mailbox. */
async function fill(name: string, ...numbers: readonly number[]): Promise<void> {
  const mailbox = await suite.store.mailboxes(account.id).find(name)
  assert.ok(mailbox)
  for (const i of numbers) {
    const octets = sampleMessage(i, ada)
    const request = { octets, facts: computeFacts(octets), flags: [], receivedAt: sampleDate(i) }
    assert.ok((await suite.store.append(account.id, mailbox.id, request)).ok)
  }
}

async function signedIn(): Promise<RawClient> {
  const client = await suite.connect('imaps')
  await client.readLine()
  await logIn(client, 'imaps', ada)
  return client
}

/** Says a line, and gives the lines up to the tagged one. */
async function ask(client: RawClient, line: string): Promise<readonly string[]> {
  client.sendLine(line)
  return client.readLines((one) => one.startsWith(`${line.split(' ')[0]} `))
}

/** The names of the account's mailboxes as IMAP lists them. */
async function listed(client: RawClient, tag: string): Promise<readonly string[]> {
  const lines = await ask(client, `${tag} LIST "" "*"`)
  return lines.slice(0, -1).map((line) => line.replace(/^.* "\/" /, ''))
}

test('mailboxes are made, renamed, subscribed and deleted as IMAP has them, and a session sees it at once', async () => {
  const client = await signedIn()
  const made = await json('create', ada, 'Projekte/Prüfung')
  assert.deepEqual(
    { kind: made['kind'], name: made['name'], subscribed: made['subscribed'] },
    { kind: 'Mailbox', name: 'Projekte/Prüfung', subscribed: true },
  )
  // Modified UTF-7 is the wire's affair (RFC 3501 §5.1.3), and the parent was made, too.
  assert.ok((await listed(client, 'a1')).includes('Projekte/Pr&APw-fung'))
  assert.ok((await listed(client, 'a2')).includes('Projekte'))

  await json('rename', ada, 'Projekte', 'Alt')
  const renamed = await listed(client, 'a3')
  assert.ok(renamed.includes('Alt/Pr&APw-fung') && !renamed.includes('Projekte'))

  await json('unsubscribe', ada, 'Alt/Prüfung')
  const subscribed = await ask(client, 'a4 LSUB "" "*"')
  assert.ok(!subscribed.join('\n').includes('Alt/Pr&APw-fung'))
  await json('subscribe', ada, 'Alt/Prüfung')
  assert.match((await ask(client, 'a5 LSUB "" "*"')).join('\n'), /Alt\/Pr&APw-fung/)

  assert.match((await ask(client, 'a6 SELECT Alt/Pr&APw-fung')).at(-1) ?? '', /^a6 OK/)
  const gone = await json('delete', ada, 'Alt/Prüfung', '--confirm', 'Alt/Prüfung')
  assert.equal(gone['name'], 'Alt/Prüfung')
  // Who has it selected is sent away, as when another client deletes it.
  client.sendLine('a7 NOOP')
  assert.match(await client.readToEnd(), /^\* BYE/m)
  const next = await signedIn()
  assert.ok(!(await listed(next, 'a7')).includes('Alt/Pr&APw-fung'))
  await json('restore', ada, 'Alt/Prüfung')
  assert.ok((await listed(next, 'a8')).includes('Alt/Pr&APw-fung'))
  next.close()
})

test('a session that idles is told of messages that come back', async () => {
  await fill('Archive', 1, 2)
  const client = await signedIn()
  await ask(client, 'b1 SELECT Archive')
  await ask(client, 'b2 STORE 1:2 +FLAGS (\\Deleted)')
  await ask(client, 'b3 EXPUNGE')
  client.sendLine('b4 IDLE')
  assert.match(await client.readLine(), /^\+/)
  const back = await json('undelete', ada, 'Archive')
  assert.equal(back['restored'], 2)
  assert.ok((await client.readLines((line) => line === '* 2 EXISTS')).length > 0)
  client.sendLine('DONE')
  await client.readLines((line) => line.startsWith('b4 '))
  client.close()
})

test('what IMAP refuses is refused here, each with its own code', async () => {
  assert.match(await refused(6, 'create', ada, 'inbox'), /there already/)
  assert.match(await refused(6, 'create', ada, 'Other', '--use', 'sent'), /has this use/)
  assert.match(await refused(2, 'create', ada, 'Other', '--use', 'all'), /no use of a mailbox/)
  assert.match(await refused(2, 'create', ada, 'a//b'), /no mailbox name/)
  assert.match(await refused(2, 'create', ada, 'a*'), /no mailbox name/)
  assert.match(await refused(6, 'rename', ada, 'Archive', 'Archive/Below'), /there already/)
  assert.match(await refused(6, 'delete', ada, 'inbox', '--confirm', 'INBOX'), /INBOX stays/)
  assert.match(
    await refused(5, 'delete', ada, 'Nowhere', '--confirm', 'Nowhere'),
    /ada@example.test has: INBOX/,
  )
  assert.match(await refused(2, 'delete', ada, 'Sent'), /--confirm Sent/)
  assert.match(await refused(2, 'delete', ada, 'Sent', '--confirm', 'sent'), /is not "Sent"/)
  assert.match(await refused(5, 'list', 'nobody@example.test'), /no account/)
})

test('a rehearsal says what would be refused, and changes nothing', async () => {
  const untouched = await json('list', ada)
  const audited = await suite.store.audit.list({ object: ada })
  for (const args of [
    ['create', ada, 'New/Below'],
    ['rename', ada, 'Sent', 'Gone'],
    ['rename', ada, 'INBOX', 'Gone'],
    ['delete', ada, 'Sent'],
    ['unsubscribe', ada, 'Sent'],
  ]) {
    const { code, stderr } = await run(...args, '--dry-run')
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^Would /)
  }
  await refused(6, 'create', ada, 'Sent', '--dry-run')
  assert.deepEqual(await json('list', ada), untouched)
  assert.deepEqual(await suite.store.audit.list({ object: ada }), audited)
})

test('every change has its audit row, and what sessions change has none', async () => {
  const client = await signedIn()
  await ask(client, 'c1 CREATE ByClient')
  client.close()
  await json('create', ada, 'ByOperator', '--no-subscribe')
  await json('delete', ada, 'ByOperator', '--confirm', 'ByOperator')
  const [last, first] = await suite.store.audit.list({ object: ada, limit: 2 })
  assert.deepEqual(
    [first, last].map((row) => [row?.action, row?.details['mailbox'], row?.actor.via]),
    [
      ['mailbox.created', 'ByOperator', 'cli'],
      ['mailbox.deleted', 'ByOperator', 'cli'],
    ],
  )
  const all = await suite.store.audit.list({ object: ada, limit: 1_000 })
  assert.ok(!JSON.stringify(all).includes('ByClient'))
})

test('a search finds what SEARCH finds, in all mailboxes, and says where', async () => {
  await fill('INBOX', 10, 11, 12)
  await fill('Drafts', 13)
  const words = await json('search', ada, 'body', 'message', '13')
  assert.deepEqual(placesOf(words), [['Drafts', 1, 'Message 13']])
  const keys = await json(
    'search',
    ada,
    'SINCE 1-Jan-2024 SUBJECT "message 1"',
    '--mailbox',
    'INBOX',
  )
  assert.deepEqual(placesOf(keys), [
    ['INBOX', 1, 'Message 10'],
    ['INBOX', 2, 'Message 11'],
    ['INBOX', 3, 'Message 12'],
  ])
  const some = await json('search', ada, 'UID', '2:*', '--mailbox', 'INBOX', '--limit', '1')
  assert.deepEqual(placesOf(some), [['INBOX', 2, 'Message 11']])
  assert.deepEqual(placesOf(await json('search', ada, 'nothing-like-this')), [])
  assert.match(await refused(2, 'search', ada, 'UNSEEN FROM'), /no search/)
  // Looking is not reading: nothing became \Seen, nothing lost \Recent.
  const client = await signedIn()
  const told = (await ask(client, 'd1 SELECT INBOX')).join('\n')
  assert.match(told, /\* 3 RECENT/)
  assert.match(told, /UNSEEN 1\b/)
  client.close()
})

function placesOf(list: Record<string, unknown>): unknown {
  const items = list['items'] as readonly Record<string, unknown>[]
  return items.map(({ mailbox, uid, subject }) => [mailbox, uid, subject])
}

test('a message is exported octet by octet, to standard output or to a new file of its owner', async () => {
  const octets = Buffer.concat([
    Buffer.from('Subject: odd\r\n\r\nbare \n and \r, \xff\0'.slice(0, -1), 'latin1'),
    Buffer.alloc(600_000, 'x'),
  ])
  const mailbox = await suite.store.mailboxes(account.id).find('Trash')
  assert.ok(mailbox)
  const request = { octets, facts: computeFacts(octets), flags: [] }
  assert.ok((await suite.store.append(account.id, mailbox.id, request)).ok)

  const file = path.join(folder, 'message.eml')
  const told = await json('export-message', ada, '1', '--mailbox', 'Trash', '--to', file)
  assert.equal(told['bytes'], octets.length)
  assert.ok((await readFile(file)).equals(octets))
  assert.equal((await stat(file)).mode & 0o777, 0o600)

  const { stdout } = await run('export-message', ada, '1', '--mailbox', 'INBOX')
  const fetched = await signedIn()
  await ask(fetched, 'e1 EXAMINE INBOX')
  const answer = (await ask(fetched, 'e2 UID FETCH 1 BODY.PEEK[]')).join('\r\n')
  assert.ok(answer.includes(stdout) && stdout.includes('Body of message 10.'))
  fetched.close()

  await writeFile(path.join(folder, 'there'), 'precious')
  const here = path.join(folder, 'there')
  assert.match(await refused(6, 'export-message', ada, '1', '--to', here), /there already/)
  assert.equal(await readFile(here, 'utf8'), 'precious')
  assert.match(await refused(5, 'export-message', ada, '99'), /no message with UID 99/)
  assert.match(await refused(2, 'export-message', ada, '1:*'), /no UID/)
  assert.match(await refused(2, 'export-message', ada, '1', '--json'), /--to FILE/)
  const [row] = await suite.store.audit.list({ object: ada, limit: 1 })
  assert.deepEqual([row?.action, row?.details['mailbox']], ['message.exported', 'INBOX'])
})

test('stats tell what each mailbox holds, since when, and what is ready of it', async () => {
  const { items } = await json('stats', ada)
  const inbox = (items as readonly Record<string, unknown>[]).find(({ name }) => name === 'INBOX')
  assert.ok(inbox)
  const { messages, unseen, deleted, oldest, newest } = inbox
  assert.deepEqual(
    { messages, unseen, deleted, oldest, newest },
    {
      messages: 3,
      unseen: 3,
      deleted: 0,
      oldest: sampleDate(10).toISOString(),
      newest: sampleDate(12).toISOString(),
    },
  )
  assert.equal(
    inbox['bytes'],
    [10, 11, 12].reduce((sum, i) => sum + sampleMessage(i, ada).length, 0),
  )
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { simpleParser } from 'mailparser'
import { password, ProcessSuite } from './house/process-suite.ts'
import { transportTo } from './house/transport.ts'
import { waitFor } from './house/wait-for.ts'

const ada = 'ada@example.test'
const bob = 'bob@example.test'
let suite: ProcessSuite

before(async () => {
  suite = await ProcessSuite.start()
  await suite.account(ada)
  await suite.account(bob)
})
after(() => suite.stop())

function imapFlow(user: string, secure: boolean): ImapFlow {
  return new ImapFlow({
    host: '127.0.0.1',
    port: secure ? suite.ports.imaps : suite.ports.imap,
    secure,
    doSTARTTLS: !secure,
    servername: 'mail.example.test',
    tls: { ca: readFileSync(suite.caFile), servername: 'mail.example.test' },
    auth: { user, pass: password },
    logger: false,
  })
}

test('nodemailer submits MIME with umlauts and attachments; imapflow and mailparser read it', async () => {
  const transport = transportTo(suite, 'submission', { user: ada })
  await transport.sendMail({
    from: `Ada <${ada}>`,
    to: bob,
    subject: 'Grüße aus der Ferne',
    text: 'Schöne Grüße\n',
    attachments: [{ filename: 'ä.bin', content: Buffer.from([0, 13, 10, 255]) }],
  })
  transport.close()
  const client = imapFlow(bob, true)
  await client.connect()
  await client.mailboxOpen('INBOX')
  const message = await client.fetchOne('*', {
    source: true,
    envelope: true,
    bodyStructure: true,
    size: true,
  })
  assert.ok(message !== false && message.source !== undefined)
  assert.equal(message.envelope?.subject, 'Grüße aus der Ferne')
  assert.equal(message.source.length, message.size)
  assert.equal(message.bodyStructure?.childNodes?.length, 2)
  const parsed = await simpleParser(message.source)
  assert.equal(parsed.text?.trim(), 'Schöne Grüße')
  assert.deepEqual(parsed.attachments[0]?.content, Buffer.from([0, 13, 10, 255]))
  await client.logout()
})

test('imapflow lists, creates, appends, flags, moves, searches and deletes', async () => {
  const client = imapFlow(ada, false)
  await client.connect()
  const uses = (await client.list()).map(({ specialUse }) => specialUse)
  for (const use of ['\\Drafts', '\\Sent', '\\Junk', '\\Trash', '\\Archive'])
    assert.ok(uses.includes(use), use)
  await client.mailboxCreate(['Projekte', 'Größe'])
  const raw = Buffer.from('From: a@b.test\r\nSubject: kept\r\n\r\nHello.\r\n')
  const appended = await client.append('Projekte/Größe', raw, ['\\Seen'])
  assert.ok(appended !== false && appended.uid === 1)
  const lock = await client.getMailboxLock('Projekte/Größe')
  await client.messageFlagsAdd('1', ['\\Flagged', '$Later'], { uid: true })
  assert.deepEqual(await client.search({ flagged: true, keyword: '$Later' }, { uid: true }), [1])
  const moved = await client.messageMove('1', 'Trash', { uid: true })
  assert.ok(moved !== false && moved.uidMap?.get(1) !== undefined)
  lock.release()
  const trash = await client.mailboxOpen('Trash')
  assert.equal(trash.exists, 1)
  await client.messageDelete('1:*')
  const status = await client.status('Trash', { messages: true })
  assert.ok(status !== false && status.messages === 0)
  await client.mailboxDelete('Projekte/Größe')
  await client.logout()
})

test('imapflow compresses, knows messages by their identity, and has parts decoded for it', async () => {
  const client = imapFlow(ada, true)
  await client.connect()
  for (const name of ['COMPRESS=DEFLATE', 'OBJECTID', 'BINARY', 'QUOTA'])
    assert.ok(client.capabilities.has(name), name)
  await client.mailboxCreate('Identities')
  const octets = Buffer.from([0, 1, 2, 255])
  const raw = [
    'Subject: two parts',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'text',
    '--b',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
    octets.toString('base64'),
    '--b--',
    '',
  ].join('\r\n')
  await client.append('Identities', raw)
  const opened = await client.mailboxOpen('Identities')
  assert.match(opened.mailboxId ?? '', /^F\d+$/)
  const query = { uid: true, threadId: true, bodyParts: ['2'] }
  const message = await client.fetchOne('1', query, { binary: true })
  assert.ok(message !== false)
  assert.deepEqual(message.bodyParts?.get('2'), octets)
  assert.match(message.emailId ?? '', /^M\d+$/)
  await client.messageCopy('1', 'Archive')
  await client.mailboxOpen('Archive')
  const copy = await client.fetchOne('*', { threadId: true })
  assert.ok(copy !== false && copy.emailId === message.emailId)
  await client.logout()
})

for (const [port, name] of [
  ['submission', '2587'],
  ['submissions', '2465'],
] as const)
  test(`a message submitted over ${name} shows in the other user's IDLE session without a poll`, async () => {
    const client = imapFlow(bob, true)
    await client.connect()
    const { exists } = await client.mailboxOpen('INBOX')
    let seen = exists
    client.on('exists', ({ count }) => (seen = count))
    const idling = client.idle()
    const transport = transportTo(suite, port, { user: ada })
    await transport.sendMail({ from: ada, to: bob, subject: `pushed over ${name}`, text: '.' })
    transport.close()
    await waitFor('the push', () => (seen > exists ? true : undefined))
    assert.equal(seen, exists + 1)
    await client.logout()
    await idling
  })

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { newUuid, uuidToBase32 } from '@posthouse/store'
import { logIn, startSuite, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'

const prefix = 'Return-Path: <bob@example.test>\r\nReceived: from there\r\n\tby here\r\n'
const contents = [
  'Subject: one\r\nTo: ada@example.test\r\n\r\nText\r\n',
  // More than is kept beside the facts: it is read from the content.
  `Subject: two\r\n${'X-Long: and so on\r\n'.repeat(4000)}To: ada@example.test\r\n\r\nText\r\n`,
  // Continues the last line of what we put before it.
  ' continued\r\nSubject: three\r\n\r\nText\r\n',
  '\r\nNo header at all\r\n',
  'Subject: no end',
  'From ada Sat Jan  1 00:00:00 2000\r\nno colon\r\nSUBJECT : five\r\n folded\r\n\r\n',
]

let suite: Suite
let client: RawClient

before(async () => {
  suite = await startSuite({ apps: [app] })
  const { id } = await suite.account('ada@example.test')
  for (const added of [prefix, '']) {
    for (const content of contents) {
      const octets = Buffer.from(content)
      const recipient = {
        account: id,
        mailbox: 'INBOX',
        prefix: Buffer.from(added),
        flags: [],
      } as const
      await suite.store.deliver({
        octets,
        facts: computeFacts(octets),
        receivedAt: new Date(),
        queueId: uuidToBase32(newUuid()),
        recipients: [recipient],
      })
    }
  }
  client = await suite.connect('imap')
  await client.readLine()
  await logIn(client, 'imap', 'ada@example.test')
  client.sendLine('s EXAMINE INBOX')
  await client.readLines((line) => line.startsWith('s '))
})
after(async () => {
  client.close()
  await suite.stop()
})

/** Everything that a command is answered, literals and all. */
async function answerOf(command: string): Promise<string> {
  client.sendLine(`t ${command}`)
  const pieces: string[] = []
  for (;;) {
    const line = await client.readLine()
    if (line.startsWith('t ')) {
      assert.match(line, /^t OK/)
      return pieces.join('')
    }
    pieces.push(`${line}\r\n`)
    const size = /\{(\d+)\}$/.exec(line)?.[1]
    if (size !== undefined) pieces.push(await client.readOctets(Number(size)))
  }
}

const whole = '<0.10000000>'

for (const section of [
  'HEADER',
  'HEADER.FIELDS (subject "Received" To)',
  'HEADER.FIELDS.NOT (X-Long Subject)',
  'HEADER.FIELDS (nobody)',
]) {
  test(`BODY[${section}] is the same as a part that is all of it`, async () => {
    const asked = `FLAGS BODY.PEEK[${section}]`
    const parts = await answerOf(`FETCH 1:* (${asked}${whole})`)
    const expected = parts.replaceAll(/<0>(?= [{"])/g, '')
    assert.equal(await answerOf(`FETCH 1:* (${asked})`), expected)
  })
}

test('header fields come from what we put before the message, then from the message', async () => {
  const first = await answerOf('FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (RECEIVED subject)])')
  const value = 'Received: from there\r\n\tby here\r\nSubject: one\r\n\r\n'
  assert.equal(
    first,
    `* 1 FETCH (UID 1 BODY[HEADER.FIELDS (RECEIVED subject)] {${value.length}}\r\n${value})\r\n`,
  )
  const third = await answerOf('FETCH 3 (BODY.PEEK[HEADER.FIELDS (received)])')
  assert.match(third, /\tby here\r\n continued\r\n\r\n\)/)
})

test('envelopes and structures of all messages are those of each by itself', async () => {
  const asked = '(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY)'
  const together = await answerOf(`FETCH 1:* ${asked}`)
  const apart: string[] = []
  for (let n = 1; n <= 2 * contents.length; n += 1)
    apart.push(await answerOf(`FETCH ${n} ${asked}`))
  assert.equal(together, apart.join(''))
  assert.match(together, /ENVELOPE \(NIL "one" /)
})

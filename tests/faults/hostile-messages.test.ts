import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import { app as pop3 } from '@posthouse/pop3'
import { logIn, type RawClient, startSuite, type Suite, testActor } from '@posthouse/testkit'
import { hostileMessages } from './hostile/messages.ts'
import { Witness } from './hostile/witness.ts'

const victim = 'victim@example.test'
const onlooker = 'witness@example.test'
let suite: Suite
let witness: Witness
let reader: RawClient
let count = 0

before(async () => {
  suite = await startSuite({ apps: [imap, pop3, mx] })
  await suite.account(victim)
  await suite.account(onlooker)
  // What the filter makes of them is another test's business: here every one of them is to be kept.
  await suite.store.filterSettings.change([{ name: 'stages.off', value: 'all' }], testActor)
  reader = await suite.connect('imap')
  await reader.readLine()
  await logIn(reader, 'imap', victim)
  await ask('SELECT INBOX')
  witness = await Witness.open(suite, onlooker)
})
after(async () => {
  witness.close()
  reader.close()
  await suite.stop()
})

/** The answer's lines, literals in their place; the last is the tagged one. */
async function ask(command: string): Promise<string[]> {
  count += 1
  const tag = `q${count}`
  reader.sendLine(`${tag} ${command}`)
  const lines: string[] = []
  for (;;) {
    const line = await reader.readLine()
    lines.push(line)
    const literal = /\{(\d+)\}$/.exec(line)
    if (literal !== null) lines.push(await reader.readOctets(Number(literal[1])))
    else if (line.startsWith(`${tag} `)) return lines
  }
}

async function deliver(octets: Buffer): Promise<string> {
  const client = await suite.connect('mx')
  await client.readLine()
  client.send(`EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<${victim}>\r\nDATA\r\n`)
  await client.readLines((line) => line.startsWith('354 '))
  client.send(Buffer.from(octets.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1'))
  client.send('.\r\n')
  const reply = await client.readLine()
  client.close()
  return reply
}

for (const [index, { name, octets }] of hostileMessages.entries()) {
  test(`${name}: kept as octets, read and searched, and others go on`, async () => {
    const sent = octets()
    assert.match(await deliver(sent), /^250 /)
    await witness.check()
    await ask('NOOP')
    const number = index + 1
    const body = await ask(`FETCH ${number} BODY.PEEK[]`)
    assert.ok((body[1] ?? '').endsWith(sent.toString('latin1')), 'other octets came back')
    const [size] = await ask(`FETCH ${number} RFC822.SIZE`)
    assert.equal(size, `* ${number} FETCH (RFC822.SIZE ${body[1]?.length})`)
    for (const item of [
      'ENVELOPE',
      'BODYSTRUCTURE',
      'BODY.PEEK[1]',
      'BODY.PEEK[1.1.1.1]',
      'BODY.PEEK[HEADER.FIELDS (Subject)]',
    ]) {
      assert.match((await ask(`FETCH ${number} (${item})`)).at(-1) ?? '', / OK /, item)
      await witness.check()
    }
    assert.match((await ask(`SEARCH ${number} TEXT needle`)).at(-1) ?? '', / OK /)
    await witness.check()
  })
}

test('POP3 serves every one of them too', async () => {
  const client = await suite.connect('pop3')
  await client.readLine()
  await logIn(client, 'pop3', victim)
  for (const [index, { name, octets }] of hostileMessages.entries()) {
    client.sendLine(`LIST ${index + 1}`)
    const size = Number((await client.readLine()).split(' ')[2])
    client.sendLine(`RETR ${index + 1}`)
    assert.match(await client.readLine(), /^\+OK/)
    // No line of these messages begins with a dot, so that nothing is doubled.
    assert.ok((await client.readOctets(size)).endsWith(octets().toString('latin1')), name)
    assert.equal(await client.readLine(), '.')
  }
  client.close()
  await witness.check()
})

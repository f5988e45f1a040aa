import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { PortName } from '@posthouse/config'
import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import { app as pop3 } from '@posthouse/pop3'
import { app as submission } from '@posthouse/submission'
import { ConnectionEnded, logIn, type RawClient, startSuite, type Suite } from '@posthouse/testkit'
import { attacks, type Attack } from './hostile/attacks.ts'
import { heldOctets } from './hostile/held-octets.ts'
import { Witness } from './hostile/witness.ts'

const victim = 'victim@example.test'
const onlooker = 'witness@example.test'
let suite: Suite
let witness: Witness

before(async () => {
  suite = await startSuite({ apps: [imap, pop3, mx, submission] })
  for (const address of [victim, onlooker]) {
    await suite.account(address)
    await fill(address)
  }
  witness = await Witness.open(suite, onlooker)
})
after(async () => {
  witness.close()
  await suite.stop()
})

async function fill(address: string): Promise<void> {
  const client = await suite.connect('imap')
  await client.readLine()
  await logIn(client, 'imap', address)
  client.send('f1 APPEND INBOX {17+}\r\nSubject: x\r\n\r\nx\r\n\r\n')
  assert.match(await client.readLine(), /^f1 OK/)
  client.close()
}

async function open(attack: Attack): Promise<RawClient> {
  const client = await suite.connect(attack.port)
  await client.readLine()
  if (attack.isSignedIn !== true) return client
  await logIn(client, attack.port, victim)
  if (attack.port === 'imap') {
    client.sendLine('s0 SELECT INBOX')
    await client.readLines((line) => line.startsWith('s0 '))
  }
  return client
}

/** What an honest session says last, and how that is answered. */
function probe(port: PortName): { readonly command: string; readonly isAnswer: RegExp } {
  if (port.startsWith('imap')) return { command: 'probe NOOP', isAnswer: /^probe / }
  if (port.startsWith('pop3')) return { command: 'QUIT', isAnswer: /^\+OK .*/ }
  return { command: 'QUIT', isAnswer: /^221 / }
}

/** Everything that comes until the probe is answered or the server hangs up. */
async function answerOf(client: RawClient, port: PortName): Promise<string> {
  const { command, isAnswer } = probe(port)
  const lines: string[] = []
  client.sendLine(command)
  try {
    for (;;) {
      const line = await client.readLine()
      lines.push(line)
      if (isAnswer.test(line)) return lines.join('\r\n')
    }
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error
    return lines.join('\r\n')
  }
}

for (const attack of attacks) {
  test(`${attack.port}: ${attack.name} gets a clear answer, and others go on`, async () => {
    const client = await open(attack)
    try {
      client.send(attack.octets())
      assert.match(await answerOf(client, attack.port), attack.answer)
    } finally {
      client.close()
    }
    await witness.check()
  })
}

for (const port of ['imap', 'pop3', 'mx', 'submission'] as const) {
  test(`${port}: a line that never ends is thrown away as it comes`, async () => {
    const client = await suite.connect(port)
    await client.readLine()
    const block = Buffer.alloc(1024 * 1024, 0x78)
    const begun = heldOctets()
    for (let sent = 0; sent < 64; sent += 1) {
      client.send(block)
      await witness.check()
    }
    client.send('\r\n')
    assert.match(await answerOf(client, port), /(BAD|BYE|-ERR|[45]\d\d )/)
    assert.ok(heldOctets() - begun < 32 * 1024 * 1024)
    client.close()
  })

  test(`${port}: connections that are cut anywhere leave nothing behind`, async () => {
    for (const text of [
      '',
      'a',
      'a1 LOGIN {5}\r\n',
      'a1 LOGIN {99+}\r\nhalf',
      'EHLO',
      'USER x\r\nPA',
    ]) {
      const client = await suite.connect(port)
      client.send(text)
      client.reset()
      const polite = await suite.connect(port)
      polite.send(text)
      polite.end()
      await polite.readToEnd()
      polite.close()
    }
    await witness.check()
  })
}

test('imap: a client that asks for much and reads nothing holds up nobody', async () => {
  const big = Buffer.alloc(1024 * 1024, 0x79)
  const client = await open({
    name: '',
    port: 'imap',
    isSignedIn: true,
    octets: () => big,
    answer: /./,
  })
  client.send(Buffer.concat([Buffer.from(`b1 APPEND Drafts {${big.length}+}\r\n`), big]))
  client.send('\r\nb2 SELECT Drafts\r\n')
  await client.readLines((line) => line.startsWith('b2 '))
  client.pause()
  client.send('b3 FETCH 1 BODY.PEEK[]\r\n'.repeat(300))
  for (let round = 0; round < 20; round += 1) await witness.check()
  assert.ok(heldOctets() < 200 * 1024 * 1024)
  client.reset()
  await witness.check()
})

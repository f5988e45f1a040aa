import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import type { Account } from '@posthouse/store'
import {
  defaultPassword,
  logIn,
  startSuite,
  testActor,
  type RawClient,
  type Suite,
} from '@posthouse/testkit'
import { app } from './app.ts'

let suite: Suite
before(async () => {
  suite = await startSuite({ apps: [app] })
})
after(() => suite.stop())

let lastUser = 0
/** An account with these messages in INBOX. */
async function accountWith(...messages: readonly string[]): Promise<Account> {
  const account = await suite.account(`user${++lastUser}@example.test`)
  for (const message of messages) await deliver(account, message)
  return account
}

async function deliver(account: Account, message: string): Promise<void> {
  const octets = Buffer.from(message, 'latin1')
  const inbox = await suite.store.mailboxes(account.id).find('INBOX')
  assert.ok(inbox)
  const request = { octets, facts: computeFacts(octets), flags: [] }
  const done = await suite.store.append(account.id, inbox.id, request)
  assert.ok(done.ok)
}

async function connect(of: Suite = suite): Promise<RawClient> {
  const client = await of.connect('pop3')
  assert.match(await client.readLine(), /^\+OK /)
  return client
}

async function signedIn(account: Account): Promise<RawClient> {
  const client = await connect()
  await logIn(client, 'pop3', account.address)
  return client
}

async function ask(client: RawClient, line: string): Promise<string> {
  client.sendLine(line)
  return client.readLine()
}

/** A multi-line reply, unstuffed. */
async function body(client: RawClient, line: string): Promise<string> {
  assert.match(await ask(client, line), /^\+OK/, line)
  const lines = await client.readLines((each) => each === '.')
  return lines
    .slice(0, -1)
    .map((each) => `${each.replace(/^\./, '')}\r\n`)
    .join('')
}

const plainOf = (account: Account, password = defaultPassword) =>
  Buffer.from(`\0${account.address}\0${password}`).toString('base64')

const mail = (n: number) => `Subject: ${n}\r\n\r\n.dot ${n}\r\n..\r\n.\r\nend ${n}\r\n`

test('messages come back octet for octet, and sizes agree', async () => {
  const big = `Subject: big\r\n\r\n${`.${'x'.repeat(97)}\r\n`.repeat(12_000)}`
  const open = 'no header at all, and no line end'
  const messages = [mail(1), open, big, 'Subject: \xff\xfe\x00\r\n\r\nbare\nLF and\rCR\r\n', '']
  const client = await signedIn(await accountWith(...messages.slice(0, 4)))
  const sizes = messages.slice(0, 4).map((message, index) => `${index + 1} ${message.length}\r\n`)
  assert.equal(await body(client, 'LIST'), sizes.join(''))
  assert.equal(await ask(client, 'STAT'), `+OK 4 ${messages.join('').length}`)
  for (const [index, message] of messages.slice(0, 4).entries()) {
    const expected = message.endsWith('\r\n') ? message : `${message}\r\n`
    const got = await body(client, `RETR ${index + 1}`)
    assert.ok(got === expected, `message ${index + 1}`)
  }
  assert.equal(await body(client, 'TOP 1 1'), 'Subject: 1\r\n\r\n.dot 1\r\n')
  assert.equal(await body(client, 'TOP 3 0'), 'Subject: big\r\n\r\n')
  client.close()
})

test('a whole session of pipelined commands is answered in order', async () => {
  const account = await accountWith(...Array.from({ length: 80 }, (_, i) => mail(i + 1)))
  const client = await connect()
  const numbers = Array.from({ length: 80 }, (_, i) => i + 1)
  const commands = [
    `USER ${account.address}`,
    `PASS ${defaultPassword}`,
    ...numbers.flatMap((n) => [`RETR ${n}`, `DELE ${n}`]),
    'STAT',
    'QUIT',
  ]
  client.send(commands.map((line) => `${line}\r\n`).join(''))
  const text = await client.readToEnd()
  const bodies = [...text.matchAll(/end (\d+)\r\n\.\r\n/g)].map((match) => Number(match[1]))
  assert.deepEqual(bodies, numbers)
  assert.match(text, /\+OK 0 0\r\n\+OK 80 removed\. Goodbye\.\r\n$/)
  assert.equal(await ask(await signedIn(account), 'STAT'), '+OK 0 0')
})

test('only QUIT removes: not a lost connection, and not what RSET took back', async () => {
  const account = await accountWith(mail(1), mail(2))
  const lost = await signedIn(account)
  await ask(lost, 'DELE 1')
  assert.equal(await ask(lost, 'RETR 1'), '-ERR That message is deleted.')
  lost.close()
  const again = await signedIn(account)
  assert.equal(await ask(again, 'STAT'), `+OK 2 ${mail(1).length * 2}`)
  await ask(again, 'DELE 1')
  await ask(again, 'RSET')
  await ask(again, 'DELE 2')
  assert.equal(await ask(again, 'QUIT'), '+OK 1 removed. Goodbye.')
  const last = await signedIn(account)
  assert.equal(await body(last, 'RETR 1'), mail(1))
  assert.equal(await ask(last, 'STAT'), `+OK 1 ${mail(1).length}`)
  last.close()
})

test('unique ids stay with their messages, and the snapshot stands while others deliver and expunge', async () => {
  const account = await accountWith(mail(1), mail(2), mail(3))
  const first = await signedIn(account)
  const ids = await body(first, 'UIDL')
  const other = await signedIn(account)
  await ask(other, 'DELE 2')
  await ask(other, 'QUIT')
  await deliver(account, mail(4))
  assert.equal(await body(first, 'UIDL'), ids)
  assert.equal(await body(first, 'RETR 2'), mail(2))
  assert.equal(await ask(first, 'DELE 2'), '+OK Message 2 is deleted at QUIT.')
  assert.equal(await ask(first, 'QUIT'), '+OK 1 removed. Goodbye.')
  const last = await signedIn(account)
  const [one, , three] = ids.split('\r\n').map((line) => line.split(' ')[1])
  const now = (await body(last, 'UIDL')).split('\r\n').map((line) => line.split(' ')[1])
  assert.deepEqual(now.slice(0, 2), [one, three])
  assert.equal(now.length, 4)
  assert.match(one ?? '', /^\d+\.\d+$/)
  last.close()
})

test('AUTH PLAIN works with and without an initial response, and can be cancelled', async () => {
  const account = await accountWith()
  const initial = await connect()
  assert.match(await ask(initial, `AUTH PLAIN ${plainOf(account)}`), /^\+OK/)
  initial.close()
  const client = await connect()
  assert.equal(await ask(client, 'AUTH '), '+OK Mechanisms follow.')
  assert.deepEqual(await client.readLines((line) => line === '.'), ['PLAIN', 'LOGIN', '.'])
  assert.equal(await ask(client, 'auth plain'), '+ ')
  assert.equal(await ask(client, '*'), '-ERR Authentication cancelled.')
  assert.equal(await ask(client, 'AUTH PLAIN ='), '-ERR That is not a valid response.')
  assert.equal(await ask(client, 'AUTH PLAIN'), '+ ')
  assert.equal(await ask(client, '!!!'), '-ERR That is not a valid response.')
  assert.equal(await ask(client, 'AUTH CRAM-MD5'), '-ERR Unknown authentication mechanism.')
  const other = Buffer.from(`root\0${account.address}\0x`).toString('base64')
  assert.equal(
    await ask(client, `AUTH PLAIN ${other}`),
    '-ERR [AUTH] You may sign in as yourself only.',
  )
  assert.equal(await ask(client, 'AUTH PLAIN'), '+ ')
  assert.match(await ask(client, plainOf(account)), /^\+OK 0 messages/)
  assert.equal(await ask(client, 'AUTH PLAIN'), '-ERR You are signed in already.')
  client.close()
})

test('passwords may have blanks and umlauts, and wrong ones end the connection at last', async () => {
  const password = 'pass wörd  '
  const account = await suite.account('blank@example.test', password)
  const client = await connect()
  await ask(client, `USER ${account.address}`)
  client.send(Buffer.from(`PASS ${password}\r\n`))
  assert.match(await client.readLine(), /^\+OK/)
  client.close()
  const guesser = await connect()
  assert.equal(await ask(guesser, 'PASS x'), '-ERR USER comes before PASS.')
  for (const reply of ['Wrong login or password.', 'Wrong login or password.']) {
    await ask(guesser, 'USER nobody@example.test')
    assert.equal(await ask(guesser, 'PASS x'), `-ERR [AUTH] ${reply}`)
  }
  await ask(guesser, `USER ${account.address}`)
  assert.equal(await ask(guesser, 'PASS x'), '-ERR [AUTH] Wrong login or password, too many times.')
  assert.equal(await guesser.readToEnd(), '')
})

test('STLS forgets what came before it, and drops what was pipelined behind it', async () => {
  const account = await accountWith(mail(1))
  const client = await connect()
  assert.ok((await body(client, 'CAPA')).includes('STLS\r\n'))
  await ask(client, `USER ${account.address}`)
  client.send('STLS\r\nCAPA\r\n')
  assert.equal(await client.readLine(), '+OK Begin TLS negotiation.')
  await client.startTls()
  assert.ok(!(await body(client, 'CAPA')).includes('STLS\r\n'))
  assert.equal(await ask(client, `PASS ${defaultPassword}`), '-ERR USER comes before PASS.')
  assert.equal(await ask(client, 'STLS'), '-ERR TLS is on already.')
  await logIn(client, 'pop3', account.address)
  assert.equal(await body(client, 'RETR 1'), mail(1))
  client.close()
})

test('with the rule "never" nothing is offered or taken before TLS', async () => {
  const strict = await startSuite({ apps: [app], plaintext: 'never' })
  try {
    const account = await strict.account('ada@example.test')
    const client = await connect(strict)
    const offer = await body(client, 'CAPA')
    assert.ok(!/^USER/m.test(offer) && !offer.includes('SASL') && offer.includes('STLS'))
    for (const line of [`USER ${account.address}`, 'PASS x', `AUTH PLAIN ${plainOf(account)}`]) {
      assert.equal(await ask(client, line), '-ERR Use STLS or the TLS port before you sign in.')
    }
    await ask(client, 'STLS')
    await client.startTls()
    assert.match(await body(client, 'CAPA'), /USER\r\nSASL PLAIN LOGIN\r\n/)
    await logIn(client, 'pop3', account.address)
    client.close()
    const implicit = await strict.connect('pop3s')
    await implicit.readLine()
    await logIn(implicit, 'pop3s', account.address)
    implicit.close()
  } finally {
    await strict.stop()
  }
})

test('bad input gets a clear error, and the next command its answer', async () => {
  const client = await signedIn(await accountWith(mail(1)))
  const bad: readonly (readonly [string, string])[] = [
    ['x'.repeat(100_000), 'Line too long.'],
    ['NOOP\0', 'Commands are ASCII text.'],
    ['\xff\xfe', 'Commands are ASCII text.'],
    ['', 'Unknown command.'],
    ['RETR', 'Write: RETR msg'],
    ['RETR 1 2', 'Write: RETR msg'],
    ['RETR -1', 'Write: RETR msg'],
    ['RETR 99999999999999999999', 'Write: RETR msg'],
    ['RETR 0', 'No such message.'],
    ['RETR 2', 'No such message.'],
    ['TOP 1', 'Write: TOP msg n'],
    ['STAT 1', 'Write: STAT'],
    ['USER x', 'You are signed in already.'],
    ['APOP x y', 'Unknown command.'],
  ]
  for (const [line, text] of bad) {
    client.send(Buffer.from(`${line}\r\n`, 'latin1'))
    assert.equal(await client.readLine(), `-ERR ${text}`, line.slice(0, 40))
  }
  assert.equal(await ask(client, 'noop '), '+OK Nothing done.')
  client.close()
})

test('strangers who make mistakes, and browsers, are sent away', async () => {
  const client = await connect()
  client.send('LIST\r\n'.repeat(30))
  assert.match(
    await client.readToEnd(),
    /^(-ERR Sign in first\.\r\n){9}-ERR Too many mistakes\.\r\n$/,
  )
  const browser = await connect()
  browser.send('POST / HTTP/1.1\r\nHost: x\r\n\r\nUSER a\r\n')
  assert.equal(await browser.readToEnd(), '-ERR Unknown command.\r\n')
})

test('a session of an account that is disabled ends', async () => {
  const account = await accountWith(mail(1))
  const client = await signedIn(account)
  await suite.store.accounts.setEnabled(account.address, false, testActor)
  assert.equal(await client.readToEnd(), '-ERR [AUTH] This account has changed; sign in again.\r\n')
  const refused = await connect()
  await ask(refused, `USER ${account.address}`)
  assert.equal(
    await ask(refused, `PASS ${defaultPassword}`),
    '-ERR [AUTH] This account is disabled.',
  )
  refused.close()
})

test('without the database everything is a temporary error, and QUIT does not pretend', async () => {
  const broken = await startSuite({ apps: [app] })
  const account = await broken.account('ada@example.test')
  const inbox = await broken.store.mailboxes(account.id).find('INBOX')
  assert.ok(inbox)
  const octets = Buffer.from(mail(1))
  const request = { octets, facts: computeFacts(octets), flags: [] }
  await broken.store.append(account.id, inbox.id, request)
  const client = await connect(broken)
  await logIn(client, 'pop3', account.address)
  await broken.loseDatabase()
  assert.match(await ask(client, 'RETR 1'), /^-ERR \[SYS\/TEMP\] /)
  assert.equal(await ask(client, 'STAT'), `+OK 1 ${octets.length}`)
  await ask(client, 'DELE 1')
  assert.match(
    await ask(client, 'QUIT'),
    /^-ERR \[SYS\/TEMP\] Some deleted messages were not removed/,
  )
  const other = await connect(broken)
  await ask(other, 'USER bob@example.test')
  assert.match(await ask(other, 'PASS x'), /^-ERR \[SYS\/TEMP\] /)
  other.close()
  await broken.stop()
})

test('a drain tells every session goodbye and removes nothing', async () => {
  const draining = await startSuite({ apps: [app] })
  const account = await draining.account('ada@example.test')
  const client = await connect(draining)
  await logIn(client, 'pop3', account.address)
  const ended = client.readToEnd()
  await draining.stop()
  assert.match(await ended, /^-ERR \[SYS\/TEMP\] The server is going down/)
})

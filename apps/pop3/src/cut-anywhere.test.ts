import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { readSettingChange, type Account, type OpenMailbox } from '@posthouse/store'
import {
  defaultPassword,
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

const message = (n: number) => Buffer.from(`Subject: ${n}\r\n\r\n.body ${n}\r\n`)

async function accountWithThree(name: string, ...settings: readonly string[]): Promise<Account> {
  const account = await suite.account(`${name}@example.test`)
  for (const text of settings) {
    const reading = readSettingChange(text)
    assert.ok(reading.ok)
    await suite.store.accountSettings.change(account.address, [reading.change], testActor)
  }
  const inbox = await mailboxOf(account, 'INBOX')
  for (const n of [1, 2, 3]) {
    const request = { octets: message(n), facts: computeFacts(message(n)), flags: [] }
    assert.ok((await inbox.append(request)).ok)
  }
  inbox.close()
  return account
}

async function mailboxOf(account: Account, name: string): Promise<OpenMailbox> {
  const found = await suite.store.mailboxes(account.id).find(name)
  const open = found && (await suite.store.open(account.id, found.id, { readOnly: true }))
  assert.ok(open)
  await open.refresh()
  return open
}

/** UIDs and flags: all that a session could change. */
async function contents(account: Account, name = 'INBOX'): Promise<readonly string[]> {
  const open = await mailboxOf(account, name)
  const { state } = open
  const all = Array.from({ length: state.size }, (_, i) => {
    return [state.uidAt(i), ...open.flagNames(state.flagsAt(i))].join(' ')
  })
  open.close()
  return all
}

/** A session that marks messages 2 and 3, after a change of mind about 1. */
const sessionOf = (account: Account) =>
  [
    `USER ${account.address}`,
    `PASS ${defaultPassword}`,
    'UIDL',
    'RETR 1',
    'DELE 1',
    'RSET',
    'RETR 2',
    'DELE 2',
    'TOP 3 0',
    'DELE 3',
    'QUIT',
  ]
    .map((line) => `${line}\r\n`)
    .join('')

async function connected(): Promise<RawClient> {
  const client = await suite.connect('pop3')
  await client.readLine()
  return client
}

/** Runs the work for each number, a few at a time. */
async function forEach(numbers: readonly number[], work: (n: number) => Promise<void>) {
  const left = numbers.values()
  const worker = async () => {
    for (const n of left) await work(n)
  }
  await Promise.all(Array.from({ length: 6 }, worker))
}

const upTo = (end: number, step = 1) =>
  Array.from({ length: Math.ceil(end / step) }, (_, i) => i * step)

test('a session cut short after any of its octets changes nothing', async () => {
  const account = await accountWithThree('cut', 'pop3.seen=yes')
  const text = sessionOf(account)
  await forEach(upTo(text.length), async (cut) => {
    const client = await connected()
    client.send(text.slice(0, cut))
    client.end()
    const answers = await client.readToEnd()
    assert.ok(!answers.includes('Goodbye'), `cut at ${cut}`)
    client.close()
  })
  assert.deepEqual(await contents(account), ['1', '2', '3'])
})

test('a session that is reset, or whose answers are read up to any octet, changes nothing', async () => {
  const account = await accountWithThree('reset', 'pop3.seen=yes')
  const text = sessionOf(account).slice(0, -'QUIT\r\n'.length)
  await forEach(upTo(text.length, 3), async (cut) => {
    const client = await connected()
    client.send(text.slice(0, cut))
    client.reset()
  })
  const whole = await connected()
  whole.send(text)
  whole.end()
  const { length } = await whole.readToEnd()
  await forEach(upTo(length, 7), async (cut) => {
    const client = await connected()
    client.send(text)
    await client.readOctets(cut)
    client.reset()
  })
  assert.deepEqual(await contents(account), ['1', '2', '3'])
})

const policies = [
  { how: 'expunge', inbox: ['1'], trash: [] },
  { how: 'trash', inbox: ['1'], trash: [String.raw`1 \Seen`, '2'] },
  { how: 'hide', inbox: ['1', String.raw`2 \Seen $POP3Deleted`, '3 $POP3Deleted'], trash: [] },
]
for (const { how, inbox, trash } of policies) {
  test(`with pop3.delete=${how}, the last octet of QUIT does it all, and the one before does nothing`, async () => {
    const account = await accountWithThree(how, `pop3.delete=${how}`, 'pop3.seen=yes')
    // Message 1 is not sent here: whether \Seen is set on what stays would hide what this is about.
    const text = sessionOf(account).replace('RETR 1\r\n', '')
    for (const cut of [text.length - 2, text.length - 1]) {
      const client = await connected()
      client.send(text.slice(0, cut))
      client.end()
      await client.readToEnd()
      client.close()
    }
    assert.deepEqual(await contents(account), ['1', '2', '3'])
    const client = await connected()
    client.send(text)
    client.end()
    assert.match(await client.readToEnd(), /\+OK 2 removed\. Goodbye\.\r\n$/)
    client.close()
    assert.deepEqual(await contents(account), inbox)
    assert.deepEqual(await contents(account, 'Trash'), trash)
  })
}

test('a maildrop that one session holds is free when that session is cut off', async () => {
  const account = await accountWithThree('alone', 'pop3.sessions=one')
  const first = await connected()
  first.send(`USER ${account.address}\r\nPASS ${defaultPassword}\r\n`)
  assert.match(await first.readLine(), /^\+OK/)
  assert.match(await first.readLine(), /^\+OK/)
  const second = await connected()
  const attempt = async () => {
    second.send(`USER ${account.address}\r\nPASS ${defaultPassword}\r\n`)
    await second.readLine()
    return second.readLine()
  }
  assert.match(await attempt(), /^-ERR \[IN-USE\] /)
  first.reset()
  // The server hears of it when it does: as often as it takes, within the patience of the client.
  const deadline = Date.now() + 30_000
  let answer = await attempt()
  while (answer.startsWith('-ERR [IN-USE]') && Date.now() < deadline) answer = await attempt()
  assert.match(answer, /^\+OK 3 messages/)
  second.close()
})

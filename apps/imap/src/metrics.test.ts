import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { logIn, readGreeting, type RawClient, startSuite, type Suite } from '@posthouse/testkit'
import { app } from './app.ts'
import { durations, sessions } from './metrics.ts'

let suite: Suite
let client: RawClient
before(async () => {
  suite = await startSuite({ apps: [app] })
  await suite.account('ada@example.test')
  client = await suite.connect('imap')
  await readGreeting(client, 'imap')
  await logIn(client, 'imap', 'ada@example.test')
})
after(() => suite.stop())

async function say(line: string): Promise<void> {
  client.sendLine(`x ${line}`)
  await client.readLines((said) => said.startsWith('x '))
}

/** How often a command ended so. */
function count(command: string, result: string): number {
  const series = durations
    .snapshot()
    .series.find(({ values }) => values[0] === command && values[1] === result)
  return (series?.numbers ?? []).slice(0, -1).reduce((sum, one) => sum + one, 0)
}

test('a command is counted by its name and its end; what is none is another', async () => {
  await say('NOOP')
  await say('SELECT Nowhere')
  await say('SELECT INBOX')
  await say('UID FETCH 1:* nothing')
  await say('CONJURE a rabbit')
  assert.equal(count('NOOP', 'OK'), 1)
  assert.equal(count('SELECT', 'NO'), 1)
  assert.equal(count('SELECT', 'OK'), 1)
  assert.equal(count('UID FETCH', 'BAD'), 1)
  assert.equal(count('other', 'BAD'), 1)
})

test('IDLE lasts as long as the client likes, and is not counted', async () => {
  client.sendLine('x IDLE')
  await client.readLine()
  client.sendLine('DONE')
  await client.readLines((said) => said.startsWith('x OK'))
  assert.ok(durations.snapshot().series.every(({ values }) => values[0] !== 'IDLE'))
  assert.equal(count('other', 'OK'), 0)
})

const open = (): number | undefined => sessions.snapshot().series[0]?.numbers[0]

test('sessions are those that are open, of all addresses', async () => {
  assert.equal(open(), 1)
  const other = await suite.connect('imaps')
  await other.readLine()
  assert.equal(open(), 2)
})

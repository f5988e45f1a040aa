import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startSuite, testActor, type RawClient, type Suite } from '@posthouse/testkit'
import { app } from './app.ts'
import { ask, plain, reply, signIn } from './submission.fixture.ts'

let suite: Suite
before(async () => {
  suite = await startSuite({ apps: [app] })
  for (const name of ['ada', 'bob', 'off']) await suite.account(`${name}@example.test`)
  await suite.store.accounts.setEnabled('off@example.test', false, testActor)
})
after(() => suite.stop())

async function fresh(): Promise<RawClient> {
  const client = await suite.connect('submissions')
  await reply(client)
  await ask(client, 'EHLO client.example.org')
  return client
}

/** What one attempt on a connection of its own hears. */
async function attempt(line: string): Promise<string> {
  const client = await fresh()
  const answer = await ask(client, line)
  client.close()
  return answer
}

async function appPassword(protocols: readonly ('imap' | 'submission')[]): Promise<string> {
  const name = `for ${protocols.join(' and ')}`
  const request = { account: 'ada@example.test', name, protocols }
  const made = await suite.store.appPasswords.create(request, testActor)
  assert.ok(made.ok)
  return made.secret.reveal()
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('signing in', () => {
  it('tells a stranger nothing: one text for whatever is wrong (threat F2)', async () => {
    const forImap = await appPassword(['imap'])
    const answers = [
      await attempt(plain('nobody@example.test', 'analytical')),
      await attempt(plain('ada@example.test', 'wrong')),
      await attempt(plain('off@example.test', 'wrong')),
      await attempt(plain('nobody@elsewhere.example', 'x')),
      await attempt(plain('no address', 'x')),
      await attempt(plain('ada@example.test', forImap)),
    ]
    assert.deepEqual([...new Set(answers)], [answers[0]])
    assert.match(answers[0] ?? '', /^535 5\.7\.8 Wrong address or password\. .*app password/)
  })

  it('knows one account by one name: no look-alikes (threat F5)', async () => {
    assert.match(await attempt(plain('ADA@Example.TEST', 'analytical')), /^235/)
    for (const alike of ['\u0430da@example.test', 'ada@ex\u0430mple.test', 'ad\u0251@example.test'])
      assert.match(await attempt(plain(alike, 'analytical')), /^535/, alike)
  })

  it('acts for nobody else, and cuts no name in two (threat F6)', async () => {
    const auth = (text: string): string => `AUTH PLAIN ${base64(text)}`
    assert.match(
      await attempt(auth('bob@example.test\0ada@example.test\0analytical')),
      /^535 5\.7\.8/,
    )
    assert.match(await attempt(auth('ada@example.test\0ada@example.test\0analytical')), /^235/)
    assert.match(await attempt(auth('\0ada@example.test\0bob@example.test\0analytical')), /^501/)
    assert.match(await attempt(auth('\0ada@example.test\0analytical\0')), /^501/)
    const client = await fresh()
    assert.equal(
      await ask(client, `AUTH LOGIN ${base64('ada@example.test\0bob')}`),
      '501 5.5.2 Not what the mechanism asks for',
    )
    client.close()
  })

  it('is as Outlook does it: prompts to the letter, with and without a name in the first line', async () => {
    const client = await fresh()
    assert.equal(await ask(client, 'AUTH LOGIN'), '334 VXNlcm5hbWU6')
    assert.equal(await ask(client, base64('ada@example.test')), '334 UGFzc3dvcmQ6')
    assert.match(await ask(client, base64('analytical')), /^235/)
    client.close()
    const other = await fresh()
    assert.equal(await ask(other, `auth login ${base64('ada@example.test')}`), '334 UGFzc3dvcmQ6')
    assert.match(await ask(other, base64('analytical')), /^235/)
    assert.match(await ask(other, 'MAIL FROM: <ada@example.test> AUTH=<>'), /^250/)
    other.close()
  })

  it('mixes nobody up, however many sign in at once (threat F7)', async () => {
    const names = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 'ada' : 'bob'))
    const results = await Promise.all(
      names.map(async (name) => {
        const own = `${name}@example.test`
        const other = name === 'ada' ? 'bob@example.test' : 'ada@example.test'
        const client = await signIn(suite, 'submission', own)
        const foreign = await ask(client, `MAIL FROM:<${other}>`)
        const mine = await ask(client, `MAIL FROM:<${own}>`)
        client.close()
        return `${foreign.slice(0, 9)}, ${mine.slice(0, 9)}`
      }),
    )
    assert.deepEqual([...new Set(results)], ['553 5.7.1, 250 2.1.0'])
  })

  it('ends with the app password it was made with (threat F8)', async () => {
    const password = await appPassword(['submission'])
    const client = await fresh()
    assert.match(await ask(client, plain('ada@example.test', password)), /^235/)
    assert.match(await ask(client, 'MAIL FROM:<ada@example.test>'), /^250/)
    const list = await suite.store.appPasswords.list('ada@example.test')
    const made = list?.find(({ name }) => name === 'for submission')
    assert.ok(made !== undefined)
    await suite.store.appPasswords.revoke('ada@example.test', made.id, testActor)
    assert.match(await client.readToEnd(), /^421 4\.7\.0 /)
    assert.match(await attempt(plain('ada@example.test', password)), /^535 5\.7\.8/)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type Account, type SettingChange } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import {
  freshDatabase,
  RawClient,
  startSuite,
  testActor,
  type FreshDatabase,
  type Suite,
} from '@posthouse/testkit'
import { app } from './app.ts'
import { tellOfContainment } from './containment-notice.ts'
import { ask, inboxOf, send, signedIn, signIn } from './submission.fixture.ts'

let database: FreshDatabase
let suite: Suite
before(async () => {
  database = await freshDatabase()
  suite = await startSuite({ apps: [app], database })
  await suite.account('postmaster@example.test')
})
after(() => suite.stop())

async function someone(name: string, ...changes: readonly SettingChange[]): Promise<Account> {
  const account = await suite.account(`${name}@example.test`)
  await suite.store.accountSettings.change(account.address, changes, testActor)
  return account
}

const most = (value: number): SettingChange => ({
  name: 'send.messages-per-day',
  value: `${value}`,
})
const mostNew = (value: number): SettingChange => ({
  name: 'send.new-recipients-per-day',
  value: `${value}`,
})

const strangers = (count: number, name = 's'): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}@elsewhere.example`)

async function sendTo(
  client: RawClient,
  { address }: Account,
  recipients: readonly string[],
): Promise<string> {
  const commands = [`MAIL FROM:<${address}>`, ...recipients.map((one) => `RCPT TO:<${one}>`)]
  return await send(client, commands, `From: ${address}\r\n\r\nhello\r\n`)
}

const claimAll = (only: readonly string[]) =>
  suite.store.queue.claim({
    worker: 'test',
    destinations: 100,
    perDestination: 100,
    leaseSeconds: 60,
    only,
  })

describe('what an account may send in a day', () => {
  it('is a number of messages: the next one hears when there is room, and whom to ask', async () => {
    const ada = await someone('ada', most(2))
    const client = await signIn(suite, 'submission', ada.address)
    for (let i = 0; i < 2; i++) assert.match(await sendTo(client, ada, ['a@b.example']), /^250/)
    const refusal = await sendTo(client, ada, ['a@b.example'])
    assert.match(refusal, /^450 4\.7\.1 You may send 2 messages a day, and have\./)
    assert.match(refusal, /room again at \d{4}-\d\d-\d\d \d\d:00 UTC; ask your postmaster/)
    await suite.store.accountSettings.change(ada.address, [most(3)], testActor)
    assert.match(await sendTo(client, ada, ['a@b.example']), /^250/)
    client.close()
  })

  it('is a number of recipients it never wrote to: whom it knows it may write to', async () => {
    const bob = await someone('bob', mostNew(3))
    const client = await signIn(suite, 'submission', bob.address)
    assert.match(await sendTo(client, bob, strangers(2)), /^250/)
    assert.match(await sendTo(client, bob, strangers(2, 't')), /^450 4\.7\.1 .*3 recipients a day/)
    assert.match(await sendTo(client, bob, strangers(2)), /^250/)
    assert.match(await sendTo(client, bob, strangers(3)), /^250/)
    assert.match(await sendTo(client, bob, strangers(1, 'u')), /^450 4\.7\.1/)
    assert.match(await sendTo(client, bob, strangers(4, 'v')), /^550 5\.7\.1 .*this message alone/)
    client.close()
  })

  it('does not count what was not taken', async () => {
    const carl = await someone('carl', most(1))
    const client = await signIn(suite, 'submission', carl.address)
    const commands = [`MAIL FROM:<${carl.address}>`, 'RCPT TO:<a@b.example>']
    const foreign = 'From: postmaster@example.test\r\n\r\nhello\r\n'
    assert.match(await send(client, commands, foreign), /^550 5\.7\.1/)
    const looping = `Delivered-To: loop@example.test\r\nFrom: ${carl.address}\r\n\r\n`
    await suite.store.aliases.create('loop@example.test', ['x@away.example'], testActor)
    const toLoop = [`MAIL FROM:<${carl.address}>`, 'RCPT TO:<loop@example.test>']
    assert.match(await send(client, toLoop, looping), /^554 5\.4\.6/)
    assert.match(await sendTo(client, carl, ['a@b.example']), /^250/)
    client.close()
  })

  it('is counted exactly over connections and processes', async () => {
    const dora = await someone('dora', most(12))
    const store = await openStore({
      database: database.url,
      log: silentLog,
      app: 'submission',
      unsafe: true,
    })
    const second = await app.start({ config: suite.config, log: silentLog, store, tls: suite.tls })
    const port = second.listeners.find(({ name }) => name === 'submission')?.port ?? 0
    const options = { port, ca: suite.ca, serverName: 'localhost' }
    const clients = await Promise.all(
      Array.from({ length: 10 }, async (_, i) =>
        i % 2 === 0
          ? await signIn(suite, 'submission', dora.address)
          : await signedIn(await RawClient.connect(options), dora.address),
      ),
    )
    const answers = await Promise.all(
      clients.map(async (client) => {
        const own: string[] = []
        for (let i = 0; i < 3; i++) own.push(await sendTo(client, dora, ['a@b.example']))
        return own
      }),
    )
    const all = answers.flat()
    assert.equal(all.filter((answer) => answer.startsWith('250 ')).length, 12)
    assert.equal(all.filter((answer) => answer.startsWith('450 4.7.1 ')).length, 18)
    for (const client of clients) client.close()
    await second.drain()
    await store.close()
  })
})

describe('the notice of an account that was stopped', () => {
  it('goes to a postmaster elsewhere, too', async () => {
    await suite.store.domains.create('other.test', testActor)
    const readers = ['ada@example.test', 'chief@operators.example']
    await suite.store.aliases.create('postmaster@other.test', readers, testActor)
    const gil = await suite.account('gil@other.test')
    const services = { store: suite.store, hostname: 'mail.example.test' }
    await tellOfContainment(services, gil, 'it wrote to everybody')
    const [queued] = await suite.store.queue.list({ destination: 'operators.example' })
    assert.equal(queued?.address, 'chief@operators.example')
    assert.equal(queued.sender, '')
    const told = (await inboxOf(suite.store, gil)).filter((one) => one.includes('was stopped'))
    assert.equal(told.length, 1)
  })
})

describe('an account that writes to many strangers, most of whom do not exist', () => {
  it('is stopped: mail held, sessions ended, postmaster told; and goes on when it is released', async () => {
    const { store } = suite
    const eve = await someone('eve', mostNew(60))
    const [client, other] = [
      await signIn(suite, 'submission', eve.address),
      await signIn(suite, 'submissions', eve.address),
    ]
    assert.match(await sendTo(client, eve, strangers(31, 'gone')), /^250/)
    const claim = await claimAll(['elsewhere.example'])
    const reply550 = { host: undefined, code: 550, enhanced: '5.1.1', text: 'No such user' }
    for (const { queueId, account, recipients } of claim.messages) {
      if (account !== eve.id) continue
      const outcomes = recipients.map(({ n }) => {
        return { queueId, n, kind: 'bounced', reply: reply550 } as const
      })
      await store.queue.record(claim.token, outcomes)
    }
    await store.queue.release(claim.token)
    await store.queue.retry({})
    assert.match(await sendTo(client, eve, ['s0@held.example']), /^450 4\.7\.1 .*somebody else/)
    assert.match(await client.readToEnd(), /^421 4\.7\.0 /)
    assert.match(await other.readToEnd(), /^421 4\.7\.0 /)

    const [contained] = await store.sending.contained()
    assert.equal(contained?.address, eve.address)
    assert.match(contained.because, /32 new recipients in a day; 31 of 31 recipients/)
    const again = await signIn(suite, 'submission', eve.address)
    assert.match(await ask(again, `MAIL FROM:<${eve.address}>`), /^450 4\.7\.1 .*postmaster/)
    again.close()

    const postmaster = await store.accounts.show('postmaster@example.test')
    assert.ok(postmaster !== undefined)
    const notices = (await inboxOf(store, postmaster)).filter((one) => one.includes(eve.address))
    assert.equal(notices.length, 1)
    assert.match(notices[0] ?? '', /^Return-Path: <>\r\nDelivered-To: postmaster@example\.test\r\n/)
    assert.match(notices[0] ?? '', /\r\nAuto-Submitted: auto-generated\r\n/)
    assert.match(
      notices[0] ?? '',
      /\r\n\r\neve@example\.test looks as if somebody else uses it:\r\n/,
    )
    assert.match(notices[0] ?? '', / {2}posthouse account release eve@example\.test --purge\r\n/)
    const told = (await inboxOf(store, eve)).filter((one) =>
      one.includes('Your account was stopped'),
    )
    assert.equal(told.length, 1)

    assert.notEqual(await store.sending.release(eve.id, 'deliver', testActor), 'not-contained')
    const free = await signIn(suite, 'submission', eve.address)
    assert.match(await sendTo(free, eve, ['s0@held.example']), /^250/)
    free.close()
  })

  it('is stopped for one kind of sign alone never', async () => {
    const fay = await someone('fay', mostNew(60))
    const client = await signIn(suite, 'submission', fay.address)
    assert.match(await sendTo(client, fay, strangers(50, 'party')), /^250/)
    assert.match(await sendTo(client, fay, strangers(50, 'party')), /^250/)
    assert.match(
      await sendTo(client, fay, strangers(20, 'more')),
      /^450 4\.7\.1 You may send to 60/,
    )
    assert.equal(await suite.store.sending.isContained(fay.id), false)
    client.close()
  })

  it('lets nothing slip out that was on its way in when it was stopped', async () => {
    const { store } = suite
    const hal = await someone('hal', most(10_000), mostNew(10_000))
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => signIn(suite, 'submission', hal.address)),
    )
    const accepted: string[] = []
    const sendOn = async (client: RawClient, name: string): Promise<void> => {
      for (let i = 0; i < 200; i += 1) {
        const answer = await sendTo(client, hal, [`${name}-${i}@slip.example`])
        if (!answer.startsWith('250')) return
        accepted.push(answer)
      }
    }
    // A session that is ended in the middle of a message gets no answer: nothing is promised then.
    const sending = clients.map((client, i) => sendOn(client, `c${i}`).catch(() => undefined))
    await eventually(() => accepted.length > 20)
    await store.sending.contain(hal.id, 'a test', testActor)
    await Promise.all(sending)
    const claim = await claimAll(['slip.example'])
    assert.deepEqual(claim.messages, [])
    const held = await store.queue.list({ account: hal.id, limit: 10_000 })
    assert.ok(held.length >= accepted.length, `${held.length} of ${accepted.length} are there`)
    for (const { state } of held) assert.equal(state, 'held')
    for (const client of clients) client.close()
    assert.notEqual(await store.sending.release(hal.id, 'purge', testActor), 'not-contained')
    assert.deepEqual(await store.queue.list({ account: hal.id }), [])
  })
})

async function eventually(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 30_000) throw new Error('waited in vain')
    await sleep(10)
  }
}

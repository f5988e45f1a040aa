import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Running } from '@posthouse/app'
import { Secret } from '@posthouse/config'
import { openStore, type Store } from '@posthouse/store'
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
import { ask, plain, reply, send, signIn } from './submission.fixture.ts'

const message = 'From: ada@example.test\r\nSubject: x\r\n\r\nbody\r\n'

describe('submission', () => {
  let suite: Suite
  before(async () => {
    suite = await startSuite({ apps: [app] })
    await suite.account('ada@example.test')
    await suite.account('bob@example.test')
  })
  after(() => suite.stop())

  it('delivers here and queues for elsewhere in one transaction, with what the sender wished', async () => {
    for (const port of ['submission', 'submissions'] as const) {
      const client = await signIn(suite, port)
      const answer = await send(
        client,
        [
          'MAIL FROM:<ada@example.test> RET=HDRS ENVID=one+20two BODY=8BITMIME',
          'RCPT TO:<bob@example.test>',
          'RCPT TO:<friend@xn--bcher-kva.example>',
          'RCPT TO:<other@example.org> NOTIFY=NEVER',
          'RCPT TO:<third@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old+2Bthird@example.org',
        ],
        message,
      )
      const id = /^250 2\.0\.0 (\w{26}) /.exec(answer)?.[1] ?? ''
      const claim = await suite.store.queue.claim({
        worker: 'test',
        destinations: 10,
        perDestination: 10,
        leaseSeconds: 60,
      })
      const claimed = claim.messages.filter(({ queueId }) => queueId === id)
      assert.equal(claimed[0]?.sender, 'ada@example.test')
      assert.equal(claimed[0]?.envelopeId, 'one two')
      assert.equal(claimed[0]?.returnContent, 'headers')
      const wishes = claimed
        .flatMap(({ recipients }) => recipients)
        .map(({ address, notify, originalRecipient }) => ({ address, notify, originalRecipient }))
        .toSorted((a, b) => (a.address < b.address ? -1 : 1))
      assert.deepEqual(wishes, [
        {
          address: 'friend@xn--bcher-kva.example',
          notify: undefined,
          originalRecipient: undefined,
        },
        { address: 'other@example.org', notify: ['never'], originalRecipient: undefined },
        {
          address: 'third@example.org',
          notify: ['success', 'delay'],
          originalRecipient: 'rfc822;old+third@example.org',
        },
      ])
      const content = (await suite.store.queue.contents([id])).get(id)?.toString() ?? ''
      assert.match(content, /^Received: from \[127\.0\.0\.1\] \(client hidden\)\r\n/)
      assert.match(
        content,
        /\r\nDate: [^\r]+\r\nMessage-ID: <[^\r]+>\r\nFrom: ada@example\.test\r\n/,
      )
      assert.doesNotMatch(content, /client\.example\.org|bob@/)
      client.close()
    }
  })

  it('ends the session of an account that was changed since', async () => {
    await suite.account('eve@example.test')
    const client = await signIn(suite, 'submission', 'eve@example.test')
    assert.match(await ask(client, 'MAIL FROM:<eve@example.test>'), /^250/)
    await ask(client, 'RSET')
    await suite.store.accounts.setPassword('eve@example.test', new Secret('other words'), testActor)
    assert.match(await client.readToEnd(), /^421 4\.7\.0 .*sign in again\r\n$/)
  })

  it('refuses a disabled account, whose password is right', async () => {
    await suite.account('off@example.test')
    await suite.store.accounts.setEnabled('off@example.test', false, testActor)
    const client = await suite.connect('submission')
    await reply(client)
    await ask(client, 'EHLO client')
    assert.match(await ask(client, plain('off@example.test', 'analytical')), /^535 5\.7\.13/)
    assert.match(await ask(client, plain('off@example.test', 'wrong')), /^535 5\.7\.8/)
    client.close()
  })

  it('takes the login in any case, and UTF-8', async () => {
    await suite.account('b\u00f8b@example.test', 'p\u00e4ss w\u00f6rd')
    const client = await suite.connect('submissions')
    await reply(client)
    await ask(client, 'EHLO client')
    assert.match(await ask(client, plain('B\u00d8B@Example.Test', 'p\u00e4ss w\u00f6rd')), /^235/)
    assert.match(await ask(client, 'MAIL FROM:<b\u00f8b@example.test> SMTPUTF8'), /^250/)
    client.close()
  })

  it('holds mail until its sender wants it to go, for people here and elsewhere', async () => {
    const client = await signIn(suite)
    const answer = await send(
      client,
      [
        'MAIL FROM:<ada@example.test> HOLDFOR=7200',
        'RCPT TO:<bob@example.test> NOTIFY=SUCCESS ORCPT=rfc822;old@example.test',
        'RCPT TO:<friend@there.example>',
      ],
      message,
    )
    const id = /^250 2\.0\.0 (\w{26}) /.exec(answer)?.[1] ?? ''
    const items = await suite.store.queue.show(id)
    assert.deepEqual(
      items.map(({ address }) => address),
      ['bob@example.test', 'friend@there.example'],
    )
    for (const { nextAt } of items) {
      const inMs = (nextAt?.getTime() ?? 0) - Date.now()
      assert.ok(inMs > 6_900_000 && inMs <= 7_200_000, `${inMs} ms`)
    }
    client.close()
  })

  it('queues what is said of the way on: for whom it is signed, TLS or none, after letters', async () => {
    const client = await signIn(suite, 'submissions')
    const queueUp = async (parameters: string, header: string): Promise<string> => {
      const commands = [`MAIL FROM:<ada@example.test>${parameters}`, 'RCPT TO:<x@way.example>']
      const answer = await send(client, commands, `${header}\r\nFrom: ada@example.test\r\n\r\n`)
      return /^250 2\.0\.0 (\w{26}) /.exec(answer)?.[1] ?? answer
    }
    const required = await queueUp(' REQUIRETLS', 'TLS-Required: No')
    const optional = await queueUp('', 'TLS-Required: No')
    const bulk = await queueUp('', 'Precedence: bulk')
    const claim = await suite.store.queue.claim({
      worker: 'test',
      destinations: 10,
      perDestination: 10,
      leaseSeconds: 60,
      only: ['way.example'],
    })
    const of = (id: string) => {
      const found = claim.messages.find(({ queueId }) => queueId === id)
      return [
        found?.requiresTls,
        found?.isTlsOptional,
        Math.sign(found?.priority ?? 9),
        found?.authorDomain,
        found?.origin,
      ]
    }
    assert.deepEqual(of(required), [true, false, 0, 'example.test', 'submitted'])
    assert.deepEqual(of(optional), [false, true, 0, 'example.test', 'submitted'])
    assert.deepEqual(of(bulk), [false, false, -1, 'example.test', 'submitted'])
    client.close()
  })

  it('sends a receipt with the null sender', async () => {
    const client = await signIn(suite)
    assert.match(
      await send(client, ['MAIL FROM:<>', 'RCPT TO:<bob@example.test>'], message),
      /^250/,
    )
    client.close()
  })
})

describe('submission without its store', () => {
  let database: FreshDatabase
  let store: Store
  let running: Running
  let suite: Suite
  before(async () => {
    suite = await startSuite({ apps: [] })
    database = await freshDatabase()
    store = await openStore({
      database: database.url,
      log: silentLog,
      app: 'submission',
      unsafe: true,
    })
    await store.domains.create('example.test', testActor)
    const password = new Secret('analytical')
    await store.accounts.create({ address: 'ada@example.test', password }, testActor)
    running = await app.start({ config: suite.config, log: silentLog, store, tls: suite.tls })
  })
  after(async () => {
    await running.drain()
    await suite.stop()
    await database.drop()
  })

  it('says that it cannot check a password, and takes nothing', async () => {
    const port = running.listeners.find(({ name }) => name === 'submission')?.port ?? 0
    const options = { port, ca: suite.ca, serverName: 'localhost' }
    const clients = [await RawClient.connect(options), await RawClient.connect(options)]
    const [first, second] = clients
    assert.ok(first !== undefined && second !== undefined)
    for (const client of clients) {
      await reply(client)
      await ask(client, 'EHLO client')
    }
    await ask(second, plain('ada@example.test', 'analytical'))
    await ask(second, 'MAIL FROM:<ada@example.test>')
    await ask(second, 'RCPT TO:<ada@example.test>')
    await ask(second, 'DATA')
    await store.close()
    assert.match(await ask(first, plain('ada@example.test', 'other')), /^454 4\.7\.0/)
    second.send(`${message}.\r\n`)
    assert.match(await reply(second), /^451 4\.3\.0/)
    assert.match(await ask(second, 'MAIL FROM:<ada@example.test>'), /^451 4\.3\.0/)
    for (const client of clients) client.close()
  })
})

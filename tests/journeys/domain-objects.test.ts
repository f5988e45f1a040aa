import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openStore, type TraceStep } from '@posthouse/store'
import { logIn, testActor } from '@posthouse/testkit'
import { reply, transact } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'
import { ForwardHouse } from './house/forward-house.ts'
import { waitFor } from './house/wait-for.ts'

// Domains that stand for others, that have an address of last resort, and that are switched off: through the real doors.

let house: ForwardHouse
before(async () => {
  house = await ForwardHouse.start()
  for (const name of ['ada', 'bob', 'last', 'fay'])
    await house.suite.account(`${name}@example.test`)
  const { domains } = house.store
  assert.deepEqual(await domains.addAlias('alias.test', 'example.test', testActor), { ok: true })
})
after(() => house.stop())

/** A letter to this address, as its header says, too. */
function letterTo(address: string, from?: string): Buffer {
  const text = letter(from === undefined ? {} : { from }).toString('latin1')
  return Buffer.from(text.replace('ada@example.test', address), 'latin1')
}

/** What came to an address, as the trace tells it. */
async function arrivals(address: string): Promise<readonly TraceStep[]> {
  const steps = await house.store.trace.find({ subject: { by: 'address', address } })
  return steps.filter(({ kind }) => kind === 'delivered')
}

/** Submits a message as an account that signs in by one of its names. */
async function submit(login: string, octets: Buffer, from: string, to: string): Promise<string> {
  const connection = await house.suite.connect('submissions')
  await reply(connection)
  await logIn(connection, 'submissions', login)
  const answer = await transact(connection, octets, { from, to: [to] })
  connection.close()
  return answer
}

/** The MX hears of another process's change a moment after that. */
async function heard(address: string, answer: RegExp): Promise<void> {
  await waitFor(`${answer} for ${address}`, async () => {
    return answer.test(await house.recipient(address)) ? true : undefined
  })
}

describe('under an alias of its domain', () => {
  test('an account’s forward and autoreply work as under the domain itself', async () => {
    await house.forward('fay@example.test', ['fay@remote.test'], true)
    const away = { body: 'I am away.\n' }
    await house.store.autoreplies.set('fay@example.test', away, testActor)
    const sender = 'grace@example.org'
    const answer = await house.send(letterTo('fay@alias.test'), { to: ['fay@alias.test'] })
    assert.match(answer, /^250/)
    const [forwarded] = await house.arrived('fay@remote.test')
    assert.match(forwarded?.sender ?? '', /^SRS0=.*=grace@example\.test$/)
    const [answered] = await house.arrived(sender)
    assert.match(answered?.octets.toString() ?? '', /From: <fay@example\.test>[^]*I am away\./)
    assert.equal((await house.mailbox('fay@example.test')).length, 1)
  })

  test('who writes to himself by another of his names gets no answer from himself', async () => {
    const count = (await house.mailbox('fay@example.test')).length
    const octets = letter({ from: 'fay@alias.test' })
    const named = Buffer.from(
      octets.toString('latin1').replace('ada@example.test', 'fay@example.test'),
    )
    assert.match(
      await submit('fay@example.test', named, 'fay@alias.test', 'fay@example.test'),
      /^250/,
    )
    const shown = await house.store.autoreplies.show('fay@example.test')
    assert.equal(shown?.answered, 1)
    assert.equal((await house.mailbox('fay@example.test')).length, count + 1)
  })

  test('mail is signed by the alias’s own keys, which From is aligned with', async () => {
    const { dkimKeys } = house.store
    for (const domain of ['example.test', 'alias.test']) {
      await dkimKeys.equip(domain, testActor)
      const keys = await waitFor('keys', async () => {
        const list = await dkimKeys.list(domain)
        return list.length > 0 ? list : undefined
      })
      for (const key of keys) await dkimKeys.activate(key, testActor)
    }
    const octets = letter({ from: 'ada@alias.test' })
    const answer = await submit('ada@alias.test', octets, 'ada@alias.test', 'friend@far.test')
    assert.match(answer, /^250/)
    const [taken] = await house.arrived('friend@far.test')
    const text = taken?.octets.toString() ?? ''
    assert.equal(taken?.sender, 'ada@alias.test')
    assert.deepEqual(
      [...text.matchAll(/^DKIM-Signature:[^]*?\bd=([^;]*);/gm)].map(([, domain]) => domain),
      ['alias.test', 'alias.test'],
    )
  })

  test('its owner finds in the trace what came by either name, and by which', async () => {
    await house.send(letterTo('bob@alias.test'), { to: ['bob@alias.test'] })
    await house.send(letterTo('bob@example.test'), { to: ['bob@example.test'] })
    const both = await arrivals('bob@alias.test')
    assert.deepEqual(
      both.map(({ details }) => details['to']),
      ['bob@alias.test', undefined],
    )
    assert.deepEqual(await arrivals('bob@example.test'), both)
  })
})

describe('an address of last resort', () => {
  before(async () => {
    const catchAll = { address: 'last@example.test' }
    await house.store.domains.change('example.test', { catchAll }, testActor)
  })

  test('gets what nobody has, and the trace tells for whom it was', async () => {
    await house.send(letterTo('typo@alias.test'), { to: ['typo@alias.test'] })
    const [copy] = await house.mailbox('last@example.test')
    assert.match(copy ?? '', /^Delivered-To: last@example\.test\r$/m)
    assert.match(copy ?? '', /\tfor <typo@alias\.test>;/)
    const found = await arrivals('typo@alias.test')
    assert.deepEqual(
      found.map(({ address, details }) => [address, details['to']]),
      [['last@example.test', 'typo@alias.test']],
    )
  })

  test('does not answer for addresses that strangers make up', async () => {
    await house.store.autoreplies.set('last@example.test', { body: 'Away.\n' }, testActor)
    const from = 'henry@example.org'
    await house.send(letterTo('madeup@example.test', from), { from, to: ['madeup@example.test'] })
    await house.send(letterTo('last@example.test', from), { from, to: ['last@example.test'] })
    const [answered] = await house.arrived(from)
    assert.ok(answered)
    const known = await house.store.autoreplies.show('last@example.test')
    assert.equal(known?.answered, 1)
    const henry = house.sink.taken.filter(({ recipients }) => recipients.includes(from))
    assert.equal(henry.length, 1)
  })

  test('gets the reports on what its owner wrote as nobody', async () => {
    house.sink.behave({ rcpt: (line) => (line.includes('no@') ? '550 5.1.1 No such' : undefined) })
    const count = (await house.mailbox('last@example.test')).length
    const octets = letter({ from: 'shop@example.test' })
    const answer = await submit('last@example.test', octets, 'shop@example.test', 'no@far.test')
    assert.match(answer, /^250/)
    const all = await waitFor('the report', async () => {
      const found = await house.mailbox('last@example.test')
      return found.length > count ? found : undefined
    })
    assert.match(all.at(-1) ?? '', /550 5\.1\.1 No such/)
    house.sink.behave()
  })
})

describe('a domain that is switched off by another process', () => {
  test('refuses mail, ends sessions, sends what it has taken, and is as it was when it is on again', async () => {
    await house.suite.account('eve@off.test')
    const session = await house.suite.connect('submissions')
    await reply(session)
    await logIn(session, 'submissions', 'eve@off.test')
    const { database } = house.suite.config
    assert.ok(database.kind === 'url')
    const elsewhere = await openStore({ database: database.url.reveal(), app: 'cli', unsafe: true })
    try {
      house.sink.behave({
        rcpt: (line) => (line.includes('slow@') ? '451 4.3.0 Later' : undefined),
      })
      const octets = letter({ from: 'eve@off.test' })
      assert.match(
        await transact(session, octets, { from: 'eve@off.test', to: ['slow@far.test'] }),
        /^250/,
      )
      const { queue } = house.store
      await waitFor('the first attempt', async () => {
        const [waiting] = await queue.list({ sender: 'eve@off.test' })
        return waiting?.lastOutcome === 'deferred' ? waiting : undefined
      })
      await elsewhere.domains.setEnabled('off.test', false, testActor)
      assert.match(await reply(session), /^421 4\.7\.0/)
      await heard('eve@off.test', /^550 5\.2\.1/)
      house.sink.behave()
      await queue.retry({ sender: 'eve@off.test' })
      await house.arrived('slow@far.test')
      await elsewhere.domains.setEnabled('off.test', true, testActor)
      await heard('eve@off.test', /^250/)
    } finally {
      session.close()
      await elsewhere.close()
    }
  })

  test('does not make a client that asks for many of its people look like one that guesses', async () => {
    await house.store.domains.create('shut.test', testActor)
    await house.store.domains.setEnabled('shut.test', false, testActor)
    const connection = await house.suite.connect('mx')
    connection.send('PROXY TCP4 192.0.2.77 198.51.100.7 56324 25\r\n')
    await reply(connection)
    for (const line of ['EHLO client.example.org', 'MAIL FROM:<grace@example.org>']) {
      connection.sendLine(line)
      await reply(connection)
    }
    // Who guesses is held up after ten, and shown the door before these are over.
    for (let i = 0; i < 150; i++) {
      connection.sendLine(`RCPT TO:<p${i}@shut.test>`)
      assert.match(await reply(connection), /^550 5\.2\.1/)
    }
    connection.sendLine('RCPT TO:<ada@example.test>')
    assert.match(await reply(connection), /^250/)
    connection.close()
  })
})

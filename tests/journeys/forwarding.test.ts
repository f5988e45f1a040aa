import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { logIn } from '@posthouse/testkit'
import { reply, transact } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'
import { ForwardHouse, ownPart } from './house/forward-house.ts'
import { waitFor } from './house/wait-for.ts'

// Mail that aliases and accounts pass on to the world, and what comes back of it.

let house: ForwardHouse
before(async () => {
  house = await ForwardHouse.start()
  for (const name of ['ada', 'bob', 'past', 'both', 'sad']) {
    await house.suite.account(`${name}@example.test`)
  }
  await house.suite.account('eve@other.test')
})
after(() => house.stop())

const rewritten = /^SRS0=.{4}=[A-Z2-7]{2}=example\.org=grace@example\.test$/

describe('mail from the world that an alias passes on', () => {
  test('leaves under a sender of the alias’s domain, its header and body as they were', async () => {
    await house.alias('out@example.test', 'friend@remote.test')
    const octets = letter({ subject: 'Passed on', body: ' Spaces \t\r\n - dot.\r\n\xfc\r\n' })
    assert.match(await house.send(octets, { to: ['out@example.test'] }), /^250/)
    const [taken] = await house.arrived('friend@remote.test')
    assert.ok(taken)
    assert.match(taken.sender, rewritten)
    assert.equal(ownPart(taken), octets.toString('latin1'))
    assert.match(
      taken.octets.toString('latin1'),
      /^Delivered-To: out@example\.test\r\nReceived: from client\.example\.org [^]*?\r\nFrom: /,
    )
  })

  test('leaves under the domain of each alias, and tells neither of the other', async () => {
    await house.alias('one@example.test', 'one@remote.test')
    await house.alias('two@other.test', 'two@far.test')
    await house.send(letter(), { to: ['one@example.test', 'two@other.test'] })
    const [one] = await house.arrived('one@remote.test')
    const [two] = await house.arrived('two@far.test')
    assert.match(one?.sender ?? '', /@example\.test$/)
    assert.match(two?.sender ?? '', /@other\.test$/)
    assert.doesNotMatch(one?.octets.toString() ?? '', /other\.test|far\.test/)
    assert.doesNotMatch(two?.octets.toString() ?? '', /one@/)
  })

  test('keeps the null sender', async () => {
    await house.alias('reports@example.test', 'reports@remote.test')
    await house.send(letter(), { from: '', to: ['reports@example.test'] })
    const [taken] = await house.arrived('reports@remote.test')
    assert.equal(taken?.sender, '')
  })

  test('is not rewritten where one of our own users sent it', async () => {
    await house.alias('own@example.test', 'own@remote.test')
    const connection = await house.suite.connect('submissions')
    await reply(connection)
    await logIn(connection, 'submissions', 'ada@example.test')
    const octets = letter({ from: 'ada@example.test' })
    await transact(connection, octets, { from: 'ada@example.test', to: ['own@example.test'] })
    connection.close()
    const [taken] = await house.arrived('own@remote.test')
    assert.equal(taken?.sender, 'ada@example.test')
  })

  test('that the next host refuses is reported to its author, not to nobody', async () => {
    await house.alias('refused@example.test', 'refused@remote.test')
    house.sink.behave({
      rcpt: (line) => (line.includes('refused@') ? '550 5.2.1 Not today' : undefined),
    })
    await house.send(letter({ subject: 'Refused' }), { to: ['refused@example.test'] })
    const [report] = await house.arrived('grace@example.org')
    assert.equal(report?.sender, '')
    assert.match(report.octets.toString(), /550 5\.2\.1 Not today/)
    house.sink.behave()
  })
})

describe('what comes back to a rewritten sender', () => {
  const report = Buffer.from(
    'From: MAILER-DAEMON@remote.test\r\nTo: <x@example.test>\r\nSubject: Undelivered\r\nMessage-ID: <r@remote.test>\r\n\r\nGone.\r\n',
  )
  let sender = ''
  before(async () => {
    sender = await house.store.forwards.rewriteSender('grace@example.org', 'example.test')
  })

  test('goes to the author as it is, in whatever case', async () => {
    for (const to of [sender, sender.toLowerCase()]) {
      house.sink.behave()
      assert.match(await house.send(report, { from: '', to: [to] }), /^250/)
      const [taken] = await house.arrived('grace@example.org')
      assert.ok(taken)
      assert.equal(taken.sender, '')
      assert.equal(ownPart(taken), report.toString())
    }
  })

  test('goes on to the first one who rewrote it, where that was not us', async () => {
    const first = 'SRS0=AbCd=EF=author.example=grace@far.test'
    const ours = await house.store.forwards.rewriteSender(first, 'example.test')
    await house.send(report, { from: '', to: [ours] })
    await house.arrived(first)
  })

  test('goes to the author however long his address was', async () => {
    const long = `${'0102018f'.repeat(7)}@example.org`
    await house.alias('long@example.test', 'long@remote.test')
    await house.send(letter(), { from: long, to: ['long@example.test'] })
    const [taken] = await house.arrived('long@remote.test')
    assert.ok(taken)
    assert.ok(taken.sender.indexOf('@') <= 64)
    await house.send(report, { from: '', to: [taken.sender] })
    await house.arrived(long)
  })

  test('is taken from the null sender, and of others what nobody wrote', async () => {
    house.sink.behave()
    const from = 'robot@example.org'
    const refusal = await house.send(report, { from, to: [sender] })
    assert.match(refusal, /^550 5\.7\.1/)
    const auto = Buffer.concat([Buffer.from('Auto-Submitted: auto-replied\r\n'), report])
    assert.match(await house.send(auto, { from, to: [sender] }), /^250/)
    const [taken] = await house.arrived('grace@example.org')
    assert.match(taken?.sender ?? '', /^SRS0=.{4}=..=example\.org=robot@example\.test$/)
  })

  test('is refused at RCPT where the address is forged, or asked for by our own users', async () => {
    assert.match(await house.recipient(sender.replace('=grace@', '=eve@'), ''), /^550 5\.1\.1/)
    assert.match(await house.recipient('SRS0=AAAA=AA=x.example=y@example.test', ''), /^550 5\.1\.1/)
    assert.match(await house.recipient('SRS1=AAAA=x.example==y@example.test', ''), /^550 5\.1\.1/)
    const connection = await house.suite.connect('submissions')
    await reply(connection)
    await logIn(connection, 'submissions', 'ada@example.test')
    connection.sendLine('MAIL FROM:<ada@example.test>')
    await reply(connection)
    connection.sendLine(`RCPT TO:<${sender}>`)
    assert.match(await reply(connection), /^550 5\.1\.1/)
    connection.close()
  })

  test('that comes back a second time ends there', async () => {
    const again = Buffer.concat([Buffer.from(`Delivered-To: ${sender}\r\n`), report])
    assert.match(await house.send(again, { from: '', to: [sender] }), /^554 5\.4\.6/)
  })
})

describe('an account that forwards', () => {
  before(async () => {
    await house.forward('past@example.test', ['past@remote.test'])
    await house.forward('both@example.test', ['both@remote.test', 'bob@example.test'], true)
  })

  test('without a copy keeps nothing, with one keeps all', async () => {
    await house.send(letter({ subject: 'To past' }), { to: ['past@example.test'] })
    await house.send(letter({ subject: 'To both' }), { to: ['both+tag@example.test'] })
    const [past] = await house.arrived('past@remote.test')
    const [both] = await house.arrived('both@remote.test')
    assert.match(past?.sender ?? '', rewritten)
    assert.match(both?.octets.toString() ?? '', /^Delivered-To: both\+tag@example\.test\r\n/)
    assert.deepEqual(await house.mailbox('past@example.test'), [])
    const [kept] = await house.mailbox('both@example.test')
    assert.match(kept ?? '', /^Return-Path: <grace@example\.org>\r\nDelivered-To: both\+tag@/)
    const [passed] = await house.mailbox('bob@example.test')
    assert.match(passed ?? '', /Delivered-To: bob@example\.test\r\n/)
  })

  test('keeps what fails the DMARC policy of its domain, which an alias refuses (threats D5)', async () => {
    const forged = letter({ from: 'boss@bank.example' })
    await house.alias('dmarc@example.test', 'dmarc@remote.test')
    const refused = await house.send(forged, { to: ['dmarc@example.test'] })
    assert.match(refused, /^554 5\.7\.1 This message fails the DMARC policy/)
    const had = await house.mailbox('past@example.test')
    assert.match(await house.send(forged, { to: ['past@example.test'] }), /^250/)
    const has = await house.mailbox('past@example.test')
    assert.equal(has.length, had.length + 1)
    assert.ok(!house.sink.taken.some(({ octets }) => octets.includes('boss@bank.example')))
  })

  test('keeps what it does not want itself', async () => {
    house.sink.behave()
    const account = await house.store.accounts.show('past@example.test')
    assert.ok(account)
    const actor = { via: 'test', user: '' } as const
    await house.store.filterSettings.addRule('block', 'example.org', account.id, actor)
    try {
      const had = await house.mailbox('past@example.test', 'Junk')
      const answer = await house.send(letter(), { to: ['past@example.test'] })
      assert.match(answer, /^250/)
      assert.equal((await house.mailbox('past@example.test', 'Junk')).length, had.length + 1)
      // Behind an alias it speaks for itself alone.
      await house.alias('some@example.test', 'past@example.test', 'open@remote.test')
      await house.send(letter(), { to: ['some@example.test'] })
      await house.arrived('open@remote.test')
      assert.equal((await house.mailbox('past@example.test', 'Junk')).length, had.length + 2)
      assert.deepEqual(
        house.sink.taken.flatMap(({ recipients }) => recipients),
        ['open@remote.test'],
      )
    } finally {
      await house.store.filterSettings.removeRule('block', 'example.org', account.id, actor)
    }
  })

  test('keeps spam in its own Junk (threats D5)', async () => {
    house.sink.behave()
    const had = await house.mailbox('past@example.test', 'Junk')
    const spam = letter({ from: 'boss@bank.example' })
    const answer = await house.send(spam, { from: 'boss@bank.example', to: ['past@example.test'] })
    assert.match(answer, /^250/)
    assert.equal((await house.mailbox('past@example.test', 'Junk')).length, had.length + 1)
    assert.deepEqual(house.sink.taken, [])
  })

  test('keeps what was here before, so that a ring ends with it (threats D5)', async () => {
    const looped = Buffer.concat([Buffer.from('Delivered-To: past@example.test\r\n'), letter()])
    const count = house.sink.taken.length
    const had = (await house.mailbox('past@example.test')).length
    assert.match(await house.send(looped, { to: ['past@example.test'] }), /^250/)
    assert.equal((await house.mailbox('past@example.test')).length, had + 1)
    assert.equal(house.sink.taken.length, count)
  })

  test('plays no ping-pong with a host that sends everything back (threats D5)', async () => {
    house.sink.behave()
    await house.send(letter({ subject: 'Ping' }), { to: ['past@example.test'] })
    const [ping] = await house.arrived('past@remote.test')
    assert.ok(ping)
    const answer = await house.send(ping.octets, { from: ping.sender, to: ['past@example.test'] })
    assert.match(answer, /^250/)
    const inbox = await house.mailbox('past@example.test')
    assert.ok(inbox.some((text) => text.includes('Subject: Ping')))
  })
})

describe('a target that refuses everything', () => {
  test('gets nothing more: an alias’s mail waits where it is, an account’s stays with it', async () => {
    await house.alias('stuck@example.test', 'stuck@remote.test')
    await house.forward('sad@example.test', ['sad@remote.test'])
    await house.alias('half@example.test', 'half@remote.test', 'whole@remote.test')
    const refusal = '550 5.7.1 We do not want your mail'
    house.sink.behave({ rcpt: (line) => (line.includes('whole@') ? undefined : refusal) })
    for (const to of ['stuck@example.test', 'sad@example.test', 'half@example.test']) {
      for (let i = 0; i < 3; i++) {
        assert.match(await house.send(letter(), { from: '', to: [to] }), /^250/)
        await waitFor(`refusal ${i + 1} for ${to}`, async () => {
          const shown = await house.store.forwards.show(to)
          return shown?.targets[0]?.health?.bounced === i + 1 ? true : undefined
        })
      }
    }
    assert.match(await house.recipient('stuck@example.test'), /^450 4\.2\.1/)
    assert.match(await house.recipient('stuck+tag@example.test'), /^450 4\.2\.1/)
    assert.match(await house.send(letter(), { to: ['sad@example.test'] }), /^250/)
    assert.equal((await house.mailbox('sad@example.test')).length, 1)
    assert.equal((await house.store.forwards.paused()).length, 3)
    // Whoever else is behind an alias gets his.
    const answer = await house.send(letter(), { from: '', to: ['half@example.test'] })
    const id = /[0-9A-Z]{26}/.exec(answer)?.[0] ?? ''
    const queued = await house.store.queue.show(id)
    assert.deepEqual(
      queued.map(({ address }) => address),
      ['whole@remote.test'],
    )
    await house.arrived('whole@remote.test', 4)
    house.sink.behave()
    const actor = { via: 'test', user: '' } as const
    await house.store.forwards.resume('stuck@example.test', undefined, actor)
    assert.match(await house.send(letter(), { to: ['stuck@example.test'] }), /^250/)
    await house.arrived('stuck@remote.test')
  })
})

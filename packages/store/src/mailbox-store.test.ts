import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { mailboxId, modSeq, uid, type AccountId, type Uid } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import {
  closeHousehold,
  deliveryTo,
  idOf,
  messageNamed,
  openByName,
  openHousehold,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse()
})
after(() => house.close())

const prefixBytes = Buffer.byteLength('Return-Path: <>\r\n')

/** A new account with this many messages in INBOX, opened. */
async function inboxWith(count: number): Promise<{ account: AccountId; inbox: OpenMailbox }> {
  const account = await house.newAccount()
  for (let i = 1; i <= count; i++) {
    await house.store.deliver(deliveryTo(account, messageNamed(`m${i}`)))
  }
  return { account, inbox: await openByName(house.store, account, 'INBOX') }
}

function uids({ state }: OpenMailbox): readonly Uid[] {
  return Array.from({ length: state.size }, (_, i) => state.uidAt(i))
}

function flagsOf(mailbox: OpenMailbox, wanted: number): readonly string[] | undefined {
  const row = mailbox.row(uid(wanted))
  return row && mailbox.flagNames(row.flags)
}

describe('delivery', () => {
  test('a delivered message is there, with its flags, its date and every octet', async () => {
    const account = await house.newAccount()
    const octets = messageNamed('first', 4096)
    const flags = ['\\Flagged', '$Important', '\\Recent']
    const result = await house.store.deliver(deliveryTo(account, octets, { flags }))
    const inbox = await openByName(house.store, account, 'INBOX')
    assert.deepEqual(result.copies, [{ kind: 'delivered', mailbox: inbox.mailbox, uid: 1 }])
    assert.deepEqual(flagsOf(inbox, 1), ['\\Flagged', '$Important'])
    assert.equal(inbox.state.receivedAt(0), Date.UTC(2025, 5, 1, 12) / 1000)
    assert.equal(inbox.state.sizeAt(0), prefixBytes + octets.length)
    const read = await inbox.octets(uid(1))
    assert.ok(read?.equals(Buffer.concat([Buffer.from('Return-Path: <>\r\n'), octets])))
    inbox.close()
  })

  test('a special use and a name find their mailbox, a missing one is INBOX', async () => {
    const account = await house.newAccount()
    const octets = messageNamed('sorted')
    for (const mailbox of ['\\Junk', 'Archive', 'No such', '\\All', 'a//b']) {
      await house.store.deliver(deliveryTo(account, octets, { mailbox }))
    }
    const counts = await Promise.all(
      ['INBOX', 'Junk', 'Archive'].map(async (name) => {
        const opened = await openByName(house.store, account, name)
        opened.close()
        return opened.state.size
      }),
    )
    assert.deepEqual(counts, [3, 1, 1])
  })

  test('many at once get each its own UID, and all are there', async () => {
    const { account, inbox } = await inboxWith(0)
    const results = await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        house.store.deliver(deliveryTo(account, messageNamed(`n${i}`, 16 * (i % 7)))),
      ),
    )
    await inbox.refresh()
    const given = results
      .flatMap(({ copies }) => copies)
      .map((copy) => {
        return copy.kind === 'delivered' ? copy.uid : 0
      })
    assert.deepEqual(
      given.toSorted((a, b) => a - b),
      uids(inbox),
    )
    for (const [i, one] of given.entries()) {
      const octets = await inbox.octets(uid(one))
      assert.ok(octets?.includes(`Subject: n${i}\r\n`), `n${i}`)
    }
    inbox.close()
  })

  test('one message for many accounts is one content', async () => {
    const accounts = await Promise.all(Array.from({ length: 70 }, () => house.newAccount()))
    const octets = messageNamed('newsletter', 2048)
    const [first] = accounts
    assert.ok(first)
    const one = deliveryTo(first, octets)
    const recipients = accounts.flatMap((account) => {
      return one.recipients.map((recipient) => ({ ...recipient, account }))
    })
    const { copies } = await house.store.deliver({ ...one, recipients })
    assert.equal(copies.filter(({ kind }) => kind === 'delivered').length, 70)
  })

  test('an account that is gone gets nothing, the others get theirs', async () => {
    const account = await house.newAccount()
    const gone = deliveryTo(account, messageNamed('gone'))
    const stranger = { ...gone.recipients[0], account: '01890000-0000-7000-8000-000000000000' }
    // A brand is made where an account is made; this one never was.
    const recipients = [stranger as (typeof gone.recipients)[0], ...gone.recipients]
    const { copies } = await house.store.deliver({ ...gone, recipients })
    assert.deepEqual(
      copies.map(({ kind }) => kind),
      ['gone', 'delivered'],
    )
  })

  test('a mailbox that disappears between two deliveries sends the next one to INBOX', async () => {
    const account = await house.newAccount()
    const mailboxes = house.store.mailboxes(account)
    await mailboxes.create('Lists')
    await house.store.deliver(deliveryTo(account, messageNamed('a'), { mailbox: 'Lists' }))
    await mailboxes.remove('Lists')
    await house.store.deliver(deliveryTo(account, messageNamed('b'), { mailbox: 'Lists' }))
    const inbox = await openByName(house.store, account, 'INBOX')
    assert.equal(inbox.state.size, 1)
    inbox.close()
  })
})

describe('reading', () => {
  for (const kind of ['random', 'text']) {
    test(`a large ${kind} message is read in parts, whole, and as a stream`, async () => {
      const account = await house.newAccount()
      const head = messageNamed(kind)
      const bytes = 700_000
      const body = kind === 'random' ? randomBytes(bytes) : Buffer.alloc(bytes, 'All work. ')
      const octets = Buffer.concat([head, body])
      await house.store.deliver(deliveryTo(account, octets))
      const inbox = await openByName(house.store, account, 'INBOX')
      const whole = Buffer.concat([Buffer.from('Return-Path: <>\r\n'), octets])
      assert.ok((await inbox.octets(uid(1)))?.equals(whole))
      const streamed: Buffer[] = []
      for await (const piece of inbox.stream(uid(1))) streamed.push(piece)
      assert.ok(Buffer.concat(streamed).equals(whole))
      assert.ok(streamed.every((piece) => piece.length <= 256 * 1024))
      const cuts = [
        [0, 5],
        [10, 40],
        [prefixBytes, prefixBytes + 1],
        [262_100, 262_200],
        [262_144, 524_400],
        [699_000, 9_999_999],
        [whole.length, whole.length + 5],
        [5, 5],
      ] as const
      for (const [start, end] of cuts) {
        const part = await inbox.octets(uid(1), { start, end })
        assert.ok(part?.equals(whole.subarray(start, end)), `${start}-${end}`)
      }
      inbox.close()
    })
  }

  test('bodies and facts come in the order asked for, whatever the block', async () => {
    const { inbox } = await inboxWith(90)
    const wanted = uids(inbox).toReversed()
    const bodies: number[] = []
    for await (const { uid: one, octets } of inbox.bodies(wanted)) {
      assert.ok(octets.includes(`Subject: m${one}\r\n`))
      bodies.push(one)
    }
    assert.deepEqual(bodies, wanted)
    for (const few of [wanted, wanted.slice(0, 3)]) {
      const told: number[] = []
      const fields = [
        'subject',
        'prefix',
        'envelope',
        'references',
        'sentAt',
        'headerSize',
      ] as const
      for await (const facts of inbox.facts(few, fields)) {
        const expected = computeFacts(messageNamed(`m${facts.uid}`))
        assert.equal(facts.subject, `m${facts.uid}`)
        assert.equal(facts.prefix.length, prefixBytes)
        assert.ok(facts.envelope.equals(expected.envelope))
        assert.deepEqual(facts.references, expected.references)
        assert.equal(facts.sentAt, null)
        assert.equal(facts.headerSize, expected.headerSize)
        told.push(facts.uid)
      }
      assert.deepEqual(told, few)
    }
    inbox.close()
  })

  test('a message that is not there is nothing, not an error', async () => {
    const { inbox } = await inboxWith(1)
    assert.equal(await inbox.octets(uid(9)), undefined)
    assert.equal(inbox.row(uid(9)), undefined)
    for await (const _ of inbox.bodies([uid(9)])) assert.fail('there is none')
    for await (const _ of inbox.facts([uid(9)], ['envelope'])) assert.fail('there is none')
    inbox.close()
  })
})

describe('flags', () => {
  test('set, add and remove do what STORE says, and tell only what changed', async () => {
    const { inbox } = await inboxWith(3)
    const all = uids(inbox)
    const added = await inbox.setFlags(all, { op: 'add', flags: ['\\Seen', 'Work'] })
    assert.ok(added.ok)
    assert.deepEqual(added.changed, [1, 2, 3])
    const again = await inbox.setFlags(all, { op: 'add', flags: ['\\seen', 'wORK', '\\Recent'] })
    assert.deepEqual(again, { ok: true, changed: [], modified: [] })
    await inbox.setFlags([uid(2)], { op: 'set', flags: ['\\Deleted'] })
    await inbox.setFlags([uid(3)], { op: 'remove', flags: ['work', 'unheard-of'] })
    assert.deepEqual(flagsOf(inbox, 1), ['\\Seen', 'Work'])
    assert.deepEqual(flagsOf(inbox, 2), ['\\Deleted'])
    assert.deepEqual(flagsOf(inbox, 3), ['\\Seen'])
    assert.deepEqual(inbox.deletedUids(), [2])
    assert.deepEqual(inbox.keywords, ['Work'])
    assert.deepEqual(inbox.changes(), [], 'own changes are not told again')
    inbox.close()
  })

  test('keywords beyond the flag word work like those in it, up to the limit of an account', async () => {
    const { account, inbox } = await inboxWith(3)
    const names = Array.from({ length: 256 }, (_, i) => `key${i}`)
    const all = await inbox.setFlags([uid(1)], { op: 'add', flags: names })
    assert.ok(all.ok && all.changed.length === 1)
    const refused = await inbox.setFlags([uid(1)], { op: 'add', flags: ['one-more'] })
    assert.deepEqual(refused, { ok: false, reason: 'limit' })
    await inbox.setFlags([uid(1)], { op: 'remove', flags: ['key26', 'KEY27', 'key255'] })
    assert.deepEqual(
      flagsOf(inbox, 1),
      names.filter((name) => !['key26', 'key27', 'key255'].includes(name)),
    )
    assert.ok((await inbox.setFlags([uid(1)], { op: 'set', flags: ['KEY26', 'key99'] })).ok)
    const again = await inbox.setFlags([uid(1)], { op: 'add', flags: ['key99'] })
    assert.deepEqual(again, { ok: true, changed: [], modified: [] })
    await inbox.setFlags([uid(2)], { op: 'set', flags: ['key30'] })
    const isTagged = inbox.flagTest('Key99')
    assert.deepEqual(
      [1, 2, 3].map((n) => isTagged(inbox.row(uid(n))?.flags ?? 0)),
      [true, false, false],
    )
    assert.equal(inbox.flagTest('unheard-of')(inbox.row(uid(1))?.flags ?? 0), false)
    await house.store.deliver(deliveryTo(account, messageNamed('m4'), { flags: ['key200'] }))
    await inbox.refresh()
    const expected = [['key26', 'key99'], ['key30'], [], ['key200']]
    assert.deepEqual(
      uids(inbox).map((one) => flagsOf(inbox, one)),
      expected,
    )
    // As another process reads it: from entries and log, and from the checkpoint's pages.
    for (const _ of ['from the log', 'from pages']) {
      const fresh = openHousehold(house.url)
      const seen = await openByName(fresh.store, account, 'INBOX')
      assert.deepEqual(
        uids(seen).map((one) => flagsOf(seen, one)),
        expected,
      )
      seen.close()
      await closeHousehold(fresh)
      await checkpointUnopened(house.database, account, inbox.mailbox)
    }
    // COPY and MOVE keep them, and what was expunged comes back with them.
    const archive = await openByName(house.store, account, 'Archive')
    await inbox.copy([uid(1)], archive.mailbox)
    await inbox.move([uid(2)], archive.mailbox)
    await archive.refresh()
    assert.deepEqual(
      uids(archive).map((one) => flagsOf(archive, one)),
      expected.slice(0, 2),
    )
    await archive.expunge(uids(archive))
    await house.store.mailboxes(account).undelete(archive.mailbox, { since: new Date(0) })
    await archive.refresh()
    assert.deepEqual(
      uids(archive).map((one) => flagsOf(archive, one)),
      expected.slice(0, 2),
    )
    archive.close()
    inbox.close()
  })

  test('UNCHANGEDSINCE refuses what another session changed', async () => {
    const { account, inbox } = await inboxWith(2)
    const known = inbox.state.highestModSeq
    const other = await openByName(house.store, account, 'INBOX')
    await other.setFlags([uid(2)], { op: 'add', flags: ['\\Answered'] })
    const outcome = await inbox.setFlags(
      [uid(1), uid(2)],
      { op: 'add', flags: ['\\Flagged'] },
      { unchangedSince: known },
    )
    assert.ok(outcome.ok)
    assert.deepEqual(outcome.modified, [2])
    assert.deepEqual(outcome.changed, [1])
    const none = await inbox.setFlags(
      [uid(1)],
      { op: 'add', flags: ['\\Draft'] },
      { unchangedSince: modSeq(1) },
    )
    assert.ok(none.ok && none.modified.length === 1)
    inbox.close()
    other.close()
  })

  test('every command has a modseq of its own, and they rise', async () => {
    const { inbox } = await inboxWith(1)
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        inbox.setFlags([uid(1)], { op: i % 2 === 0 ? 'add' : 'remove', flags: ['\\Seen'] }),
      ),
    )
    assert.ok(outcomes.every(({ ok }) => ok))
    const known = inbox.state.highestModSeq
    const later = await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Draft'] })
    assert.ok(later.ok && (inbox.row(uid(1))?.modSeq ?? 0) > known)
    inbox.close()
  })
})

describe('what sessions are told', () => {
  test('another session hears of new, changed and expunged messages', async () => {
    const { account, inbox } = await inboxWith(3)
    const other = await openByName(house.store, account, 'INBOX', true)
    let wakes = 0
    other.onChange(() => wakes++)
    await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Seen'] })
    assert.deepEqual(await inbox.expunge([uid(2), uid(77)]), [2])
    await house.store.deliver(deliveryTo(account, messageNamed('m4')))
    await other.refresh()
    assert.ok(wakes > 0)
    const told = other.changes()
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['expunged', 'flags', 'new'],
    )
    assert.deepEqual(
      told.flatMap((change) => (change.kind === 'new' ? change.uids : change.uid)),
      [2, 1, 4],
    )
    assert.deepEqual(other.changes(), [])
    inbox.close()
    other.close()
  })

  test('an expunged message can be read until the session is told', async () => {
    const { account, inbox } = await inboxWith(3)
    const other = await openByName(house.store, account, 'INBOX')
    await inbox.setFlags([uid(2)], { op: 'add', flags: ['\\Deleted'] })
    await inbox.expunge([uid(2)])
    assert.deepEqual(
      other.changes({ keepExpunged: true }).map(({ kind }) => kind),
      [],
    )
    assert.equal(other.row(uid(2))?.isGhost, true)
    // Whoever resynchronises from what it was told must hear of the expunge then.
    assert.ok(other.toldModSeq < other.state.highestModSeq)
    assert.deepEqual(await other.vanishedSince(other.toldModSeq), [2])
    assert.deepEqual(flagsOf(other, 2), ['\\Deleted'])
    assert.ok((await other.octets(uid(2)))?.includes('Subject: m2'))
    for await (const { octets } of other.bodies([uid(2)])) assert.ok(octets.includes('m2'))
    assert.deepEqual(
      other.changes().map(({ kind }) => kind),
      ['expunged'],
    )
    assert.equal(other.row(uid(2)), undefined)
    assert.equal(other.toldModSeq, other.state.highestModSeq)
    inbox.close()
    other.close()
  })

  test('a message that comes and goes unseen is not told', async () => {
    const { account, inbox } = await inboxWith(1)
    const other = await openByName(house.store, account, 'INBOX')
    await house.store.deliver(deliveryTo(account, messageNamed('m2')))
    await house.store.deliver(deliveryTo(account, messageNamed('m3')))
    await inbox.refresh()
    await inbox.expunge([uid(2)])
    assert.deepEqual(other.changes({ keepExpunged: true }), [{ kind: 'new', uids: [3] }])
    assert.deepEqual(other.changes(), [])
    inbox.close()
    other.close()
  })

  test('\\Recent is one session’s, never that of EXAMINE', async () => {
    const { account, inbox } = await inboxWith(2)
    assert.ok(inbox.isRecent(uid(1)) && inbox.isRecent(uid(2)))
    const looker = await openByName(house.store, account, 'INBOX', true)
    const second = await openByName(house.store, account, 'INBOX')
    await house.store.deliver(deliveryTo(account, messageNamed('m3')))
    await Promise.all([inbox.refresh(), looker.refresh(), second.refresh()])
    assert.ok(!looker.isRecent(uid(1)) && !looker.isRecent(uid(3)))
    assert.ok(!second.isRecent(uid(1)))
    assert.notEqual(inbox.isRecent(uid(3)), second.isRecent(uid(3)))
    for (const one of [inbox, looker, second]) one.close()
  })

  test('STATUS counts, \\Recent only until somebody was told', async () => {
    const account = await house.newAccount()
    const id = await idOf(house.store, account, 'INBOX')
    for (const name of ['a', 'b', 'c']) {
      await house.store.deliver(deliveryTo(account, messageNamed(name), { flags: ['\\Seen'] }))
    }
    const mailboxes = house.store.mailboxes(account)
    const first = (await mailboxes.status([id, mailboxId(999_999)])).get(id)
    assert.equal(first?.messages, 3)
    assert.equal(first.recent, 3)
    assert.equal(first.unseen, 0)
    assert.equal(first.uidNext, 4)
    const inbox = await openByName(house.store, account, 'INBOX')
    await inbox.expunge([uid(2)])
    const second = (await mailboxes.status([id])).get(id)
    assert.equal(second?.messages, 2)
    assert.equal(second.recent, 0)
    assert.equal(second.bytes, inbox.state.bytes)
    assert.equal(second.highestModSeq, inbox.state.highestModSeq)
    inbox.close()
  })
})

describe('copy, move and append', () => {
  test('COPY keeps flags, keywords and dates, and skips what is gone', async () => {
    const { account, inbox } = await inboxWith(3)
    await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Seen', '$Label'] })
    const target = await openByName(house.store, account, 'Archive')
    const outcome = await inbox.copy([uid(1), uid(3), uid(50)], target.mailbox)
    assert.deepEqual(outcome, {
      ok: true,
      uidValidity: target.state.uidValidity,
      pairs: [
        [1, 1],
        [3, 2],
      ],
    })
    await target.refresh()
    assert.deepEqual(flagsOf(target, 1), ['\\Seen', '$Label'])
    assert.equal(target.state.receivedAt(0), inbox.state.receivedAt(0))
    assert.ok((await target.octets(uid(2)))?.includes('Subject: m3'))
    assert.equal(inbox.state.size, 3)
    inbox.close()
    target.close()
  })

  test('MOVE takes over, and inside one mailbox gives new UIDs', async () => {
    const { account, inbox } = await inboxWith(3)
    const target = await openByName(house.store, account, 'Trash')
    const moved = await inbox.move([uid(2)], target.mailbox)
    assert.deepEqual(moved.ok && moved.pairs, [[2, 1]])
    assert.deepEqual(
      inbox.changes().map(({ kind }) => kind),
      ['expunged'],
    )
    await target.refresh()
    assert.deepEqual(target.changes(), [{ kind: 'new', uids: [1] }])
    const within = await inbox.move([uid(1)], inbox.mailbox)
    assert.deepEqual(within.ok && within.pairs, [[1, 4]])
    assert.deepEqual(uids(inbox), [3, 4])
    assert.deepEqual(
      inbox.changes().map(({ kind }) => kind),
      ['expunged', 'new'],
    )
    inbox.close()
    target.close()
  })

  test('a target that does not exist, or is another account’s, is nonexistent', async () => {
    const { inbox } = await inboxWith(1)
    const stranger = await house.newAccount()
    const theirs = await idOf(house.store, stranger, 'INBOX')
    for (const target of [mailboxId(987_654), theirs]) {
      assert.deepEqual(await inbox.copy([uid(1)], target), { ok: false, reason: 'nonexistent' })
      assert.deepEqual(await inbox.move([uid(1)], target), { ok: false, reason: 'nonexistent' })
    }
    assert.equal(await house.store.open(stranger, inbox.mailbox, { readOnly: false }), undefined)
    assert.equal(inbox.state.size, 1)
    inbox.close()
  })

  test('APPEND keeps the octets, the date and the flags', async () => {
    const { account, inbox } = await inboxWith(0)
    const octets = Buffer.from('no header at all\n\x80\xff')
    const receivedAt = new Date('1969-07-20T20:17:40Z')
    const request = { octets, facts: computeFacts(octets), flags: ['\\Draft'], receivedAt }
    assert.deepEqual(await inbox.append(request), {
      ok: true,
      uid: 1,
      uidValidity: inbox.state.uidValidity,
    })
    assert.equal(inbox.state.receivedAt(0), receivedAt.getTime() / 1000)
    assert.deepEqual(flagsOf(inbox, 1), ['\\Draft'])
    assert.ok((await inbox.octets(uid(1)))?.equals(octets))
    const empty = { ...request, octets: Buffer.alloc(0), facts: computeFacts(Buffer.alloc(0)) }
    assert.ok((await inbox.append(empty)).ok)
    assert.equal((await inbox.octets(uid(2)))?.length, 0)
    assert.deepEqual(await house.store.append(account, mailboxId(424_242), request), {
      ok: false,
      reason: 'nonexistent',
    })
    inbox.close()
  })
})

describe('mailboxes that go', () => {
  test('a deleted mailbox refuses writes, and its sessions can read on', async () => {
    const { account } = await inboxWith(0)
    const mailboxes = house.store.mailboxes(account)
    await mailboxes.create('Old')
    await house.store.deliver(deliveryTo(account, messageNamed('m1'), { mailbox: 'Old' }))
    const old = await openByName(house.store, account, 'Old')
    assert.deepEqual(await mailboxes.remove('Old'), { ok: true })
    await old.refresh()
    assert.equal(old.isGone, true)
    assert.ok((await old.octets(uid(1)))?.includes('m1'))
    assert.deepEqual(await old.setFlags([uid(1)], { op: 'add', flags: ['\\Seen'] }), {
      ok: false,
      reason: 'nonexistent',
    })
    assert.deepEqual(await old.expunge([uid(1)]), [])
    assert.deepEqual(await old.copy([uid(1)], await idOf(house.store, account, 'INBOX')), {
      ok: false,
      reason: 'nonexistent',
    })
    assert.equal(await house.store.open(account, old.mailbox, { readOnly: true }), undefined)
    old.close()
    old.close()
  })
})

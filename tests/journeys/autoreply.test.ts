import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openStore } from '@posthouse/store'
import { logIn, testActor } from '@posthouse/testkit'
import { reply, transact } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'
import { ForwardHouse } from './house/forward-house.ts'
import { waitFor } from './house/wait-for.ts'

// Answers for accounts whose owners are away, through the real doors and the queue.

let house: ForwardHouse
before(async () => {
  house = await ForwardHouse.start()
  for (const name of ['ada', 'bob', 'gone', 'late', 'racer']) {
    await house.suite.account(`${name}@example.test`)
  }
})
after(() => house.stop())

function set(name: string, more: { readonly from?: Date; readonly until?: Date } = {}) {
  const text = { body: 'I am away.\n', ...more }
  return house.store.autoreplies.set(`${name}@example.test`, text, testActor)
}

/** A letter to an account, the field as it would be. */
function letterTo(name: string, above = '', from = 'grace@example.org'): Buffer {
  const octets = letter({ above, from }).toString('latin1')
  return Buffer.from(octets.replace('ada@example.test', `${name}@example.test`), 'latin1')
}

/** How many senders an account has answered: written with each answer, in one transaction. */
async function answered(name: string): Promise<number> {
  const shown = await house.store.autoreplies.show(`${name}@example.test`)
  assert.ok(shown)
  return shown.answered
}

describe('an autoreply', () => {
  before(async () => {
    assert.equal(await set('ada'), 'done')
  })

  test('goes to the sender with the null sender, in the account’s name, tied to the letter', async () => {
    const octets = letterTo('ada')
    assert.match(await house.send(octets, { to: ['ada@example.test'] }), /^250/)
    const [taken] = await house.arrived('grace@example.org')
    assert.ok(taken)
    assert.equal(taken.sender, '')
    const text = taken.octets.toString('latin1')
    const id = /^Message-ID: (.*)\r$/m.exec(octets.toString('latin1'))?.[1] ?? ''
    assert.match(text, /\r\nFrom: <ada@example\.test>\r\nTo: <grace@example\.org>\r\n/)
    assert.match(text, /\r\nSubject: Auto: Notes on the compiler\r\n/)
    assert.match(text, /\r\nAuto-Submitted: auto-replied\r\n/)
    assert.ok(text.includes(`\r\nIn-Reply-To: ${id}\r\n`) && text.includes(`References: ${id}\r\n`))
    assert.ok(text.endsWith('\r\n\r\nI am away.\r\n'))
    assert.equal((await house.mailbox('ada@example.test')).length, 1)
  })

  test('goes to each sender once, whatever he writes like, until it is set anew (threats D6)', async () => {
    for (const from of ['GRACE@Example.org', 'prvs=0338abcdef=grace@example.org']) {
      await house.send(letterTo('ada'), { from, to: ['ada@example.test'] })
    }
    assert.equal(await answered('ada'), 1)
    assert.equal((await house.arrived('grace@example.org')).length, 1)
    await set('ada')
    await house.send(letterTo('ada'), { to: ['ada@example.test'] })
    await house.arrived('grace@example.org', 2)
  })

  test('goes neither to machines, lists nor bulk, nor where the account is not named (threats D6)', async () => {
    const silent: readonly (readonly [from: string, octets: Buffer])[] = [
      ['', letterTo('ada')],
      ['MAILER-DAEMON@example.org', letterTo('ada')],
      ['noreply@example.org', letterTo('ada')],
      ['members-request@example.org', letterTo('ada')],
      ['quiet@example.org', letterTo('ada', 'Auto-Submitted: auto-generated\r\n')],
      ['quiet@example.org', letterTo('ada', 'List-Id: <x.example.org>\r\n')],
      ['quiet@example.org', letterTo('ada', 'Precedence: bulk\r\n')],
      ['quiet@example.org', letterTo('somebody-else')],
    ]
    const count = await answered('ada')
    for (const [from, octets] of silent) {
      assert.match(await house.send(octets, { from, to: ['ada@example.test'] }), /^250/)
    }
    assert.equal(await answered('ada'), count)
  })

  test('goes to nobody whose name was forged, and not for spam', async () => {
    const count = await answered('ada')
    const forged = letterTo('ada', '', 'boss@bank.example')
    for (const from of ['boss@bank.example', 'other@example.org']) {
      assert.match(await house.send(forged, { from, to: ['ada@example.test'] }), /^250/)
    }
    assert.equal(await answered('ada'), count)
  })

  test('answers mail for an alias that names it, in the account’s own name', async () => {
    await house.alias('team@example.test', 'ada@example.test')
    const from = 'alias@example.org'
    await house.send(letterTo('team', '', from), { from, to: ['team@example.test'] })
    const [taken] = await house.arrived(from)
    assert.match(taken?.octets.toString() ?? '', /\r\nFrom: <ada@example\.test>\r\n/)
  })

  test('goes into the mailbox of a sender of this house, and is answered by none', async () => {
    await set('bob')
    const connection = await house.suite.connect('submissions')
    await reply(connection)
    await logIn(connection, 'submissions', 'bob@example.test')
    const octets = letterTo('ada', '', 'bob@example.test')
    await transact(connection, octets, { from: 'bob@example.test', to: ['ada@example.test'] })
    connection.close()
    const inbox = await house.mailbox('bob@example.test')
    assert.equal(inbox.length, 1)
    assert.match(inbox[0] ?? '', /^Return-Path: <>\r\n[^]*Auto-Submitted: auto-replied\r\n/)
    assert.equal(await answered('bob'), 0)
  })

  test('is sent for an account that forwards all its mail', async () => {
    await house.forward('gone@example.test', ['gone@remote.test'])
    await set('gone')
    const from = 'to-gone@example.org'
    await house.send(letterTo('gone', '', from), { from, to: ['gone@example.test'] })
    await Promise.all([house.arrived('gone@remote.test'), house.arrived(from)])
  })

  test('is silent before its time, after it, and when it is cleared', async () => {
    const hour = 3_600_000
    const now = Date.now()
    const from = 'early@example.org'
    const write = () => house.send(letterTo('late', '', from), { from, to: ['late@example.test'] })
    await set('late', { from: new Date(now + hour) })
    await write()
    assert.equal(await answered('late'), 0)
    await set('late', { from: new Date(now - 2 * hour), until: new Date(now - hour) })
    await write()
    assert.equal(await answered('late'), 0)
    await set('late')
    assert.equal(await house.store.autoreplies.clear('late@example.test', testActor), 'done')
    await write()
    await set('late', { until: new Date(now + hour) })
    await write()
    await house.arrived(from)
    assert.equal(house.sink.taken.filter(({ recipients }) => recipients.includes(from)).length, 1)
  })
})

describe('two processes', () => {
  test('that get letters of one sender at the same moment answer one of them', async () => {
    const { database } = house.suite.config
    assert.ok(database.kind === 'url')
    const store = await openStore({ database: database.url.reveal(), app: 'mx', unsafe: true })
    try {
      await set('racer')
      const other = await house.anotherMx(store)
      const to = ['racer@example.test']
      for (let round = 0; round < 5; round++) {
        const from = `racing-${round}@example.org`
        const octets = (): Buffer => letterTo('racer', '', from)
        await Promise.all(
          Array.from({ length: 8 }, (_, i) =>
            i % 2 === 0 ? house.send(octets(), { from, to }) : other(octets(), { from, to }),
          ),
        )
      }
      assert.equal(await answered('racer'), 5)
      // An answer of its own for each sender, and none waits.
      await waitFor('an empty queue', async () => {
        return (await house.store.queue.status()).waiting === 0 ? true : undefined
      })
      for (let round = 0; round < 5; round++) {
        const from = `racing-${round}@example.org`
        assert.equal((await house.arrived(from)).length, 1)
      }
      assert.equal((await house.mailbox('racer@example.test')).length, 40)
    } finally {
      await house.stopMore()
      await store.close()
    }
  })
})

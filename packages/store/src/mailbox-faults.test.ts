import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { computeFacts } from '@posthouse/message'
import { Client } from 'pg'
import { Database } from './database.ts'
import { Deliverer } from './deliverer.ts'
import { seenBit } from './flags.ts'
import type { AccountId } from './ids.ts'
import { KeywordDictionaries } from './keyword-dictionaries.ts'
import { MailboxRegistry } from './mailbox-registry.ts'
import { planExpunge } from './plan-expunge.ts'
import type { SharedMailbox } from './shared-mailbox.ts'
import type { Statement } from './statement.ts'
import { silentLog } from './store-log.ts'
import { StoreUnavailable } from './unavailable.ts'
import {
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
  house = await openMailboxHouse({ stores: 2 })
})
after(() => house.close())

/** Cuts connections of the database, most but its own. How often is for the work to say, so that it gets done on any machine. */
class Saboteur {
  readonly #client: Client

  constructor(url: string) {
    this.#client = new Client({ connectionString: url, pipeline: true })
  }

  async begin(): Promise<void> {
    await this.#client.connect()
  }

  async cut(): Promise<void> {
    await this.#client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.7`,
    )
  }

  async end(): Promise<void> {
    await this.#client.end()
  }
}

/** Runs the work until it is done, however often the store is away. */
async function stubbornly<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await pause(5)
    }
  }
}

async function subjectsIn(account: AccountId, name: string): Promise<readonly string[]> {
  return stubbornly(async () => {
    const mailbox = await openByName(house.store, account, name)
    const uids = Array.from({ length: mailbox.state.size }, (_, i) => mailbox.state.uidAt(i))
    const subjects: string[] = []
    for await (const { subject } of mailbox.facts(uids, ['subject'])) subjects.push(subject)
    mailbox.close()
    return subjects
  })
}

test('cut connections: what was acknowledged is there once, what was not is there once at most', async () => {
  const account = await house.newAccount()
  const acknowledged: string[] = []
  const refused: string[] = []
  const saboteur = new Saboteur(house.url)
  await saboteur.begin()
  const deliver = async (lane: number): Promise<void> => {
    const { store } = house.households[lane % 2] ?? house
    for (let i = 0; i < 16; i++) {
      const name = `k${lane}x${i}`
      // The other lanes are in the middle of theirs.
      if (i % 4 === lane % 4) await saboteur.cut()
      try {
        await store.deliver(deliveryTo(account, messageNamed(name)))
        acknowledged.push(name)
      } catch (error) {
        assert.ok(error instanceof StoreUnavailable, String(error))
        refused.push(name)
        await pause(2)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, lane) => deliver(lane)))
  await saboteur.end()
  const subjects = await subjectsIn(account, 'INBOX')
  assert.equal(new Set(subjects).size, subjects.length, 'nothing is there twice')
  assert.deepEqual(
    acknowledged.filter((name) => !subjects.includes(name)),
    [],
  )
  const known = new Set([...acknowledged, ...refused])
  assert.deepEqual(
    subjects.filter((name) => !known.has(name)),
    [],
  )
  assert.ok(acknowledged.length > 0)
})

test('cut connections: moves, copies and flag changes leave every message in one place', async () => {
  const account = await house.newAccount()
  const count = 40
  for (let i = 0; i < count; i++) {
    await house.store.deliver(deliveryTo(account, messageNamed(`v${i}`)))
  }
  const saboteur = new Saboteur(house.url)
  await saboteur.begin()
  const ends = [
    ['INBOX', 'Archive'],
    ['Archive', 'INBOX'],
  ] as const
  const carry = async (store: MailboxHouse['store'], [from, to]: readonly [string, string]) => {
    const source = await stubbornly(() => openByName(store, account, from))
    const target = await stubbornly(() => idOf(store, account, to))
    for (let i = 0; i < 12; i++) {
      await stubbornly(() => source.refresh())
      if (i % 3 === 0) await saboteur.cut()
      if (source.state.size === 0) continue
      const one = source.state.uidAt(i % source.state.size)
      const moved = stubbornly(() => source.move([one], target))
      if (i % 3 === 1) await saboteur.cut()
      await moved
      await stubbornly(() => source.setFlags([one], { op: 'add', flags: ['\\Seen'] }))
    }
    source.close()
  }
  await Promise.all(house.households.flatMap(({ store }) => ends.map((pair) => carry(store, pair))))
  await saboteur.end()
  const all = [...(await subjectsIn(account, 'INBOX')), ...(await subjectsIn(account, 'Archive'))]
  assert.deepEqual(all.toSorted(), Array.from({ length: count }, (_, i) => `v${i}`).toSorted())
})

test('an append is acknowledged once it is committed, though the store goes away right behind it', async () => {
  const account = await house.newAccount()
  const drafts = await idOf(house.store, account, 'Drafts')
  const { database, store } = openHousehold(house.url)
  let closing: Promise<void> | undefined
  const deliverer = new Deliverer(database, new KeywordDictionaries(database), () => {
    closing = database.close()
  })
  const octets = messageNamed('appended')
  const made = await deliverer.append(account, drafts, {
    octets,
    facts: computeFacts(octets),
    flags: [],
  })
  assert.ok(typeof made === 'object')
  assert.equal(made.uid, 1)
  await store.close()
  await closing
})

test('a copy into the same mailbox is acknowledged once it is committed, though it cannot be read yet', async () => {
  const account = await house.newAccount()
  await house.store.deliver(deliveryTo(account, messageNamed('copied')))
  const { database, store } = openHousehold(house.url)
  const registry = new MailboxRegistry(database, new KeywordDictionaries(database), silentLog)
  const shared = await registry.open(account, await idOf(house.store, account, 'INBOX'))
  assert.ok(shared)
  let closing: Promise<void> | undefined
  const done = await shared.underLock([shared.mailbox], (tx) => {
    tx.afterCommit(() => {
      closing = database.close()
    })
    return Promise.resolve({ value: 'done' })
  })
  assert.equal(done, 'done')
  registry.close()
  await store.close()
  await closing
})

/** A mailbox of one message, another of which nothing is known yet, and a store that goes away behind the next write. */
async function leftBehind(): Promise<{
  readonly account: AccountId
  readonly shared: SharedMailbox
  readonly close: () => Promise<void>
}> {
  const account = await house.newAccount()
  await house.store.deliver(deliveryTo(account, messageNamed('changed')))
  const database = new ClosedAfterWrite({ url: house.url, app: 'test' })
  const registry = new MailboxRegistry(database, new KeywordDictionaries(database), silentLog)
  const shared = await registry.open(account, await idOf(house.store, account, 'INBOX'))
  assert.ok(shared)
  await house.store.deliver(deliveryTo(account, messageNamed('came in between')))
  database.isArmed = true
  const close = async (): Promise<void> => {
    registry.close()
    await database.close()
  }
  return { account, shared, close }
}

test('an expunge is acknowledged once it is committed, though what came in between cannot be read yet', async () => {
  const { account, shared, close } = await leftBehind()
  assert.ok(await shared.write((state) => planExpunge(state, Uint32Array.of(1))))
  await close()
  assert.deepEqual(await subjectsIn(account, 'INBOX'), ['came in between'])
})

test('nobody is told that flags were not changed that cannot be read back', async () => {
  const { account, shared, close } = await leftBehind()
  const request = { uids: Uint32Array.of(1), op: 'add', bits: seenBit } as const
  await assert.rejects(
    shared.flags.store(request),
    (error) => error instanceof StoreUnavailable && error.outcome === 'unknown',
  )
  await close()
  const inbox = await openByName(house.store, account, 'INBOX')
  assert.equal(inbox.state.unseen, 1)
  inbox.close()
})

/** Goes away behind the next write that it commits. */
class ClosedAfterWrite extends Database {
  isArmed = false

  override async query<Row>(
    asked: Statement<Row>,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const rows = await super.query(asked, values)
    if (this.isArmed) void this.close()
    return rows
  }
}

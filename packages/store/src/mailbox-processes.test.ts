import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { uid, type AccountId, type Uid } from './ids.ts'
import type { MailboxState } from './mailbox-state.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { tupleStatement } from './statement.ts'
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
import { randomFrom } from './testing/random.ts'

// Each household has its own connections, states and queues, as a process has.
let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse({ stores: 3 })
})
after(() => house.close())

const flagNames = [
  '\\Seen',
  '\\Answered',
  '\\Flagged',
  '\\Deleted',
  '\\Draft',
  'one',
  'two',
  ...beyondTheWord(),
]

/** More keywords than a flag word has room for. */
function beyondTheWord(): readonly string[] {
  return Array.from({ length: 30 }, (_, i) => `keyword${i}`)
}

function someUids({ state }: OpenMailbox, random: (below: number) => number): readonly Uid[] {
  if (state.size === 0) return []
  return Array.from({ length: 1 + random(4) }, () => state.uidAt(random(state.size)))
}

/** Polls are the product's own backstop; the test waits for what it expects, not for a time. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'the expected never came')
    await pause(5)
  }
}

/** The newest that Postgres has, as this household's sessions see it. */
async function newest(mailbox: OpenMailbox): Promise<ReturnType<MailboxState['slice']>> {
  await mailbox.refresh()
  const indexes = Array.from({ length: mailbox.state.size }, (_, i) => i)
  const { state } = mailbox
  return {
    uids: Uint32Array.from(indexes, (i) => state.uidAt(i)),
    flags: Float64Array.from(indexes, (i) => state.flagsAt(i)),
    modSeqs: Float64Array.from(indexes, (i) => state.modSeqAt(i)),
    messageIds: Float64Array.from(indexes, (i) => state.messageIdAt(i)),
    sizes: Uint32Array.from(indexes, (i) => state.sizeAt(i)),
    received: Float64Array.from(indexes, (i) => state.receivedAt(i)),
  }
}

test('a change in one process wakes a session in another, without a poll', async () => {
  const account = await house.newAccount()
  const [first, second] = house.households
  assert.ok(first && second)
  const watcher = await openByName(second.store, account, 'INBOX')
  const told: string[] = []
  watcher.onChange(() => told.push(...watcher.changes().map(({ kind }) => kind)))
  await first.store.deliver(deliveryTo(account, messageNamed('m')))
  await until(() => told.includes('new'))
  const inbox = await openByName(first.store, account, 'INBOX')
  await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Seen', 'fresh'] })
  await until(() => told.includes('flags'))
  assert.deepEqual(watcher.keywords, ['fresh'])
  await inbox.expunge([uid(1)])
  await until(() => told.includes('expunged'))
  watcher.close()
  inbox.close()
})

test('a process whose sessions have left is not woken, and the next session is, whatever came between', async () => {
  const account = await house.newAccount()
  const [first] = house.households
  assert.ok(first)
  const quiet = openHousehold(house.url, { restMs: 20, pollMs: 3_600_000 })
  const early = await openByName(quiet.store, account, 'INBOX')
  early.close()
  const deaf = tupleStatement<readonly [number]>(
    'test_deaf',
    `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND query = 'UNLISTEN "posthouse_mailbox"'`,
  )
  while ((await house.database.query(deaf)).length === 0) await pause(5)
  await first.store.deliver(deliveryTo(account, messageNamed('between')))
  const late = await openByName(quiet.store, account, 'INBOX')
  assert.equal(late.state.size, 1)
  const told: string[] = []
  late.onChange(() => told.push(...late.changes().map(({ kind }) => kind)))
  await first.store.deliver(deliveryTo(account, messageNamed('after')))
  await until(() => told.includes('new'))
  late.close()
  await closeHousehold(quiet)
})

test('sessions of three processes change one mailbox at random, and all end up with the same', async (t) => {
  const seed = Date.now() % 1_000_000
  t.diagnostic(`seed ${seed}`)
  const account = await house.newAccount()
  for (let i = 0; i < 10; i++) {
    await house.store.deliver(deliveryTo(account, messageNamed(`start${i}`)))
  }
  const sessions = await Promise.all(
    [0, 1, 2, 0, 1, 2].map((i) => {
      const store = house.households[i]?.store ?? house.store
      return openByName(store, account, 'INBOX')
    }),
  )
  const followers = sessions.map((session) => new Follower(session))
  const work = followers.map((follower, i) => {
    return disturb(follower, account, randomFrom(seed + i))
  })
  await Promise.all(work)
  const views = await Promise.all(sessions.map(newest))
  for (const view of views) assert.deepEqual(view, views[0])
  for (const follower of followers) {
    follower.follow()
    assert.deepEqual(follower.shown(), follower.expected())
  }
  for (const session of sessions) session.close()
})

test('six movers in both directions lose no message, double none, and never deadlock', async (t) => {
  const seed = Date.now() % 1_000_000
  t.diagnostic(`seed ${seed}`)
  const account = await house.newAccount()
  const count = 60
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      house.store.deliver(deliveryTo(account, messageNamed(`moved${i}`))),
    ),
  )
  const random = randomFrom(seed)
  const ends = [
    ['INBOX', 'Archive'],
    ['Archive', 'INBOX'],
  ] as const
  await Promise.all(
    house.households.flatMap(({ store }) =>
      ends.map(async ([from, to]) => {
        const source = await openByName(store, account, from)
        const target = await idOf(store, account, to)
        for (let i = 0; i < 15; i++) {
          await source.refresh()
          const moved = await source.move(someUids(source, random), target)
          assert.ok(moved.ok)
          await source.setFlags(someUids(source, random), { op: 'add', flags: ['\\Flagged'] })
        }
        source.close()
      }),
    ),
  )
  const ids = await Promise.all(
    ['INBOX', 'Archive'].map(async (name) => {
      const mailbox = await openByName(house.store, account, name)
      const view = await newest(mailbox)
      mailbox.close()
      return [...view.messageIds]
    }),
  )
  assert.equal(ids.flat().length, count)
  assert.equal(new Set(ids.flat()).size, count)
})

test('keywords invented by three processes at once get one id each', async () => {
  const account = await house.newAccount()
  await house.store.deliver(deliveryTo(account, messageNamed('m')))
  const sessions = await Promise.all(
    house.households.map(({ store }) => openByName(store, account, 'INBOX')),
  )
  await Promise.all(
    sessions.flatMap((session) =>
      ['red', 'GREEN', 'blue', 'green', 'Red'].map((name) =>
        session.setFlags([uid(1)], { op: 'add', flags: [name] }),
      ),
    ),
  )
  for (const session of sessions) {
    await session.refresh()
    const row = session.row(uid(1))
    const names = session.flagNames(row?.flags ?? 0).map((name) => name.toLowerCase())
    assert.deepEqual(names.toSorted(), ['blue', 'green', 'red'])
    assert.equal(session.keywords.length, 3)
    session.close()
  }
})

/** A client: it believes what `changes()` says and nothing else. */
class Follower {
  readonly session: OpenMailbox
  readonly #flags = new Map<number, number>()

  constructor(session: OpenMailbox) {
    this.session = session
    const { state } = session
    for (let i = 0; i < state.size; i++) this.#flags.set(state.uidAt(i), state.flagsAt(i))
  }

  follow(keepExpunged = false): void {
    for (const change of this.session.changes({ keepExpunged })) {
      if (change.kind === 'expunged') {
        assert.ok(this.#flags.delete(change.uid), `${change.uid} was never shown`)
      } else if (change.kind === 'flags') {
        this.#set(change.uid, change.flags)
      } else {
        for (const fresh of change.uids) {
          assert.ok(!this.#flags.has(fresh), `${fresh} was shown before`)
          this.#flags.set(fresh, this.session.row(fresh)?.flags ?? -1)
        }
      }
    }
    if (keepExpunged) this.#readGhosts()
  }

  answer(changed: readonly Uid[]): void {
    for (const one of changed) {
      if (this.#flags.has(one)) this.#set(one, this.session.row(one)?.flags ?? 0)
    }
  }

  shown(): readonly (readonly [number, number])[] {
    return [...this.#flags].toSorted(([a], [b]) => a - b)
  }

  expected(): readonly (readonly [number, number])[] {
    const { state } = this.session
    return Array.from({ length: state.size }, (_, i) => [state.uidAt(i), state.flagsAt(i)])
  }

  #set(one: number, flags: number): void {
    assert.ok(this.#flags.has(one), `${one} changed before it was shown`)
    this.#flags.set(one, flags)
  }

  /** Whatever was shown and not taken back can still be read. */
  #readGhosts(): void {
    for (const one of this.#flags.keys()) assert.ok(this.session.row(uid(one)), `${one} is lost`)
  }
}

async function disturb(
  follower: Follower,
  account: AccountId,
  random: (below: number) => number,
): Promise<void> {
  const { session } = follower
  const store = house.households[random(3)]?.store ?? house.store
  for (let i = 0; i < 40; i++) {
    const kind = random(10)
    if (kind < 5) {
      const op = (['set', 'add', 'remove'] as const)[random(3)] ?? 'add'
      const flags = flagNames.filter(() => random(3) === 0)
      const outcome = await session.setFlags(someUids(session, random), { op, flags })
      assert.ok(outcome.ok)
      follower.answer(outcome.changed)
    } else if (kind === 5) {
      await session.expunge(someUids(session, random).slice(0, 1))
    } else if (kind < 8) {
      await store.deliver(deliveryTo(account, messageNamed(`x${random(1000)}`)))
    } else if (kind === 8) {
      await session.copy(someUids(session, random), session.mailbox)
    } else {
      await session.refresh()
    }
    if (random(3) === 0) follower.follow(random(2) === 0)
  }
}

import { createHash } from 'node:crypto'
import { computeFacts } from '@posthouse/message'
import { openStore, type OpenMailbox, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { makeMessage } from '../mail.ts'
import {
  at,
  percentile,
  secondsOf,
  type Measure,
  type MeasureCase,
  type Sample,
  type Scale,
} from '../measure.ts'
import { userAddress, type MailboxPlan, type Side } from '../side.ts'
import { PosthouseSide } from '../sides/posthouse.ts'
import { accountOf, incoming } from '../sides/posthouse-store.ts'
import { RowsSide } from '../sides/rows.ts'
import { receive } from './smtp-in.ts'

/** \Flagged in the fixture's rows. */
const flaggedBit = 4

function plan(scale: Scale): MailboxPlan {
  const messages = at(scale, { full: 50_000, quick: 50_000, smoke: 60 })
  const user = at(scale, { full: 519, quick: 519, smoke: 45 })
  return { user, messages, distinct: 1_000, shape: { seed: 99, bytes: 1_000 } }
}

/** Does one thing to the store itself, as an app of its own would, or to the fixture. */
async function onEither(
  side: Side,
  onStore: (store: Store) => Promise<Sample>,
  onRows: (rows: RowsSide) => Promise<Sample>,
): Promise<Sample> {
  if (side instanceof RowsSide) return onRows(side)
  if (!(side instanceof PosthouseSide)) throw new Error(`${side.name} has no layout to compare`)
  const store = await openStore({
    database: await side.databaseUrl(),
    log: silentLog,
    app: 'bench',
  })
  try {
    return await onStore(store)
  } finally {
    await store.close()
  }
}

async function opened(store: Store, user: number): Promise<OpenMailbox> {
  const account = await accountOf(store, userAddress(user))
  const inbox = await store.mailboxes(account.id).find('INBOX')
  const open = inbox && (await store.open(account.id, inbox.id, { readOnly: false }))
  if (open === undefined) throw new Error('the bench has no INBOX')
  return open
}

function inMilliseconds(seconds: number, units: number): Sample {
  return { value: seconds * 1000, units }
}

/** Opening a large mailbox that the process has never seen; connections are made before. */
function opening(scale: Scale): MeasureCase {
  const { user, messages } = plan(scale)
  return {
    name: 'layout/open',
    unit: 'ms',
    isHigherBetter: false,
    round: (side) =>
      onEither(
        side,
        async (store) => {
          const account = await accountOf(store, userAddress(user))
          const inbox = await store.mailboxes(account.id).find('INBOX')
          const small = await store.mailboxes(account.id).find('Drafts')
          if (inbox === undefined || small === undefined) throw new Error('no such mailbox')
          const first = await store.open(account.id, small.id, { readOnly: true })
          first?.close()
          let size = 0
          const seconds = await secondsOf(async () => {
            const open = await store.open(account.id, inbox.id, { readOnly: true })
            size = open?.state.size ?? 0
            open?.close()
          })
          if (size !== messages) throw new Error(`${size} messages instead of ${messages}`)
          return inMilliseconds(seconds, messages)
        },
        async (rows) => inMilliseconds(await secondsOf(() => rows.open()), messages),
      ),
  }
}

/** A flag on every message, durable. */
function storing(scale: Scale): MeasureCase {
  const { user, messages } = plan(scale)
  return {
    name: 'layout/store',
    unit: 'ms',
    isHigherBetter: false,
    round: (side) =>
      onEither(
        side,
        async (store) => {
          const open = await opened(store, user)
          const uids = Array.from({ length: open.state.size }, (_, i) => open.state.uidAt(i))
          await open.setFlags(uids, { op: 'remove', flags: ['\\Flagged'] })
          const seconds = await secondsOf(() =>
            open.setFlags(uids, { op: 'add', flags: ['\\Flagged'] }),
          )
          open.close()
          return inMilliseconds(seconds, messages)
        },
        async (rows) => {
          await rows.flagAll(flaggedBit, false)
          return inMilliseconds(await secondsOf(() => rows.flagAll(flaggedBit, true)), messages)
        },
      ),
  }
}

/** Messages one after the other, each waited for: the median. */
function lone(scale: Scale): MeasureCase {
  const messages = at(scale, { full: 400, quick: 200, smoke: 5 })
  return {
    name: 'layout/deliver-one',
    unit: 'ms',
    isHigherBetter: false,
    round: (side, round) => {
      const all = Array.from({ length: messages }, (_, n) => {
        const octets = stamped(makeMessage({ seed: 970 + round, bytes: 10_000 }, n), round, n)
        return { octets, facts: computeFacts(octets), hash: sha256(octets) }
      })
      return onEither(
        side,
        async (store) => {
          const account = await accountOf(store, userAddress(plan(scale).user + 1))
          const to = { account: account.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }
          return eachTimed(all, ({ octets, facts }, n) =>
            store.deliver({ ...incoming(octets, n), facts, recipients: [to] }),
          )
        },
        (rows) =>
          eachTimed(all, ({ octets, hash, facts }) => {
            const { envelope, bodyStructure: structure, header } = facts
            return rows.deliver({ octets, hash, envelope, structure, header: header ?? octets })
          }),
      )
    },
  }
}

async function eachTimed<Item>(
  items: readonly Item[],
  work: (item: Item, n: number) => Promise<unknown>,
): Promise<Sample> {
  const times: number[] = []
  for (const [n, item] of items.entries()) times.push(await secondsOf(() => work(item, n)))
  const sorted = times.toSorted((a, b) => a - b)
  const extra = { p99Ms: percentile(sorted, 0.99) * 1000 }
  return { value: percentile(sorted, 0.5) * 1000, units: items.length, extra }
}

/** Everything that mail coming in costs, over SMTP, against the bare insertion of the same octets. */
function inserting(scale: Scale): MeasureCase {
  const messages = at(scale, { full: 4000, quick: 1500, smoke: 50 })
  return {
    name: 'layout/insert',
    unit: 'messages/s',
    isHigherBetter: true,
    round: async (side, round) => {
      if (!(side instanceof RowsSide)) {
        const what = { bytes: 10_000, recipientsEach: 1 }
        return receive(side, what, { connections: 50, messages, round, scale })
      }
      const groups = Array.from({ length: Math.ceil(messages / 50) }, (_, group) =>
        Array.from({ length: 50 }, (__, i) => {
          const n = group * 50 + i
          const octets = stamped(
            makeMessage({ seed: 70 + round, bytes: 10_000 }, n % 200),
            round,
            n,
          )
          return { octets, hash: sha256(octets) }
        }),
      )
      const seconds = await secondsOf(async () => {
        for (const group of groups) await side.insertOctets(group)
      })
      return { value: (groups.length * 50) / seconds, units: groups.length * 50 }
    },
  }
}

function stamped(octets: Buffer, round: number, n: number): Buffer {
  return Buffer.concat([Buffer.from(`X-Row-Id: ${round}.${n}.${process.pid}\r\n`), octets])
}

function sha256(octets: Buffer): Buffer {
  return createHash('sha256').update(octets).digest()
}

/**
 * The store's layout against the obvious one, a row per message, on the same Postgres: opening, a flag on all, a lone delivery,
 * and how much of the bare rate of inserting is left.
 */
export const layout: Measure = {
  name: 'layout',
  peers: (posthouse) => (posthouse instanceof PosthouseSide ? [new RowsSide(posthouse)] : []),
  accounts: (scale) => at(scale, { full: 1600, quick: 1600, smoke: 47 }),
  prepare: async (side, scale) => {
    if (side instanceof RowsSide) await side.fillRows(plan(scale).messages)
    else await side.fill(plan(scale))
  },
  cases: (scale) => [opening(scale), storing(scale), lone(scale), inserting(scale)],
}

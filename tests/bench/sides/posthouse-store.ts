import { Secret } from '@posthouse/config'
import { computeFacts } from '@posthouse/message'
import { newUuid, openStore, uuidToBase32, type Account, type Store } from '@posthouse/store'
import { silentLog } from '@posthouse/telemetry'
import { makeMessage } from '../mail.ts'
import {
  benchDomain,
  benchPassword,
  destinationDomain,
  userAddress,
  type MailboxPlan,
  type QueuePlan,
} from '../side.ts'

const actor = { via: 'bench', user: '' } as const

/** The peers look at no message: what is compared is carrying it. `filter` measures looking. */
const likePeers = [
  { name: 'authentication', value: 'off' },
  { name: 'stages.off', value: 'all' },
] as const

/** Accounts that can log in; the others only receive. */
const accountsWithPassword = 1_020

/** Deliveries in flight while mailboxes are built: enough for full groups. */
const inFlight = 100

/** Messages of one COPY while a mailbox is built: some seconds of one transaction. */
const copiesAtOnce = 20_000

/** Opens the store of a running suite for a piece of work. */
export async function withStore(
  database: string,
  secretKeyFile: string,
  work: (store: Store) => Promise<void>,
): Promise<void> {
  const log = silentLog
  const store = await openStore({ database, log, app: 'bench', unsafe: false, secretKeyFile })
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

/** Creates the bench's domain and those of accounts 0 to `count` - 1 that are missing. */
export async function createAccounts(store: Store, count: number): Promise<void> {
  await store.domains.create(benchDomain, actor)
  await store.filterSettings.change(likePeers, actor)
  await inParallel(count, 8, async (n) => {
    const address = userAddress(n)
    const password = n < accountsWithPassword ? new Secret(benchPassword) : undefined
    const made = await store.accounts.create({ address, ...(password && { password }) }, actor)
    if (!made.ok && made.reason !== 'exists') throw new Error(`${address}: ${made.reason}`)
    if (made.ok || password === undefined) return
    const known = await store.accounts.show(address)
    if (known?.hasPassword === false) await store.accounts.setPassword(address, password, actor)
  })
}

/** Delivers the plan's messages into INBOX. */
export async function fillInbox(store: Store, plan: MailboxPlan): Promise<void> {
  const account = await accountOf(store, userAddress(plan.user))
  await emptyInbox(store, account)
  const distinct = Math.min(plan.messages, plan.distinct ?? plan.messages)
  await inParallel(distinct, inFlight, async (n) => {
    const octets = makeMessage(plan.shape, n)
    const recipient = { account: account.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }
    await store.deliver({ ...incoming(octets, n), recipients: [recipient] })
  })
  await copyUntil(store, account, plan.messages)
  await store.tidy()
}

/** Copies what is in INBOX into it, until there are so many. */
async function copyUntil(store: Store, account: Account, messages: number): Promise<void> {
  const inbox = await store.mailboxes(account.id).find('INBOX')
  const open = inbox && (await store.open(account.id, inbox.id, { readOnly: false }))
  if (open === undefined) throw new Error('the bench has no INBOX')
  while (open.state.size < messages) {
    const count = Math.min(open.state.size, messages - open.state.size, copiesAtOnce)
    const uids = Array.from({ length: count }, (_, i) => open.state.uidAt(i))
    const copied = await open.copy(uids, open.mailbox)
    if (!copied.ok) throw new Error(`the bench can not copy: ${copied.reason}`)
    await open.refresh()
  }
  open.close()
}

/** What an earlier plan left goes. */
async function emptyInbox(store: Store, account: Account): Promise<void> {
  const inbox = await store.mailboxes(account.id).find('INBOX')
  const open = inbox && (await store.open(account.id, inbox.id, { readOnly: false }))
  if (open === undefined) throw new Error('the bench has no INBOX')
  const { state } = open
  await open.expunge(Array.from({ length: state.size }, (_, i) => state.uidAt(i)))
  open.close()
}

/** Lets a key of each kind sign the bench's mail; nobody looks for it in DNS. */
export async function useDkim(store: Store): Promise<void> {
  await store.dkimKeys.equip(benchDomain, actor)
  for (const key of await store.dkimKeys.list(benchDomain)) {
    if (key.state === 'waiting') await store.dkimKeys.activate(key, actor)
  }
}

/** Puts the plan's messages into the outbound queue. */
export async function insertQueue(store: Store, plan: QueuePlan): Promise<void> {
  const account = await accountOf(store, userAddress(0))
  await inParallel(plan.messages, inFlight, async (n) => {
    const outbound = {
      account: account.id,
      sender: userAddress(0),
      prefix: Buffer.alloc(0),
      recipients: [{ address: `box${n}@${destinationDomain(n % plan.destinations)}` }],
      isEightBit: false,
      needsSmtpUtf8: false,
      ...(plan.isSigned === true ? { authorDomain: benchDomain } : {}),
    }
    await store.deliver({ ...incoming(makeMessage(plan.shape, n), n), recipients: [], outbound })
  })
}

/** A delivery's octets and facts, as of a time of its own. */
export function incoming(octets: Buffer, n: number) {
  const receivedAt = new Date(Date.UTC(2024, 0, 1) + n * 61_000)
  return { octets, facts: computeFacts(octets), receivedAt, queueId: uuidToBase32(newUuid()) }
}

/** The account with this address, which must exist. */
export async function accountOf(store: Store, address: string): Promise<Account> {
  const account = await store.accounts.show(address)
  if (account === undefined) throw new Error(`the bench has no account ${address}`)
  return account
}

async function inParallel(
  count: number,
  workers: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(workers, count) }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

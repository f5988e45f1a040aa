import { silentLog } from '@posthouse/telemetry'
import { openStore } from '@posthouse/store'
import { password, type ProcessSuite } from '../../journeys/house/process-suite.ts'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { ImapClient } from './imap-client.ts'
import type { Item, Ledger } from './ledger.ts'
import { readMailbox, type Seen } from './mailbox-reading.ts'
import type { FaultySink, Taken } from './sink.ts'

/** What was wrong at the end. Empty lists are what we want. */
export interface Verdict {
  readonly lost: readonly string[]
  readonly duplicated: readonly string[]
  /** Wrong flags, numbers that fell, findings of the store's own check. */
  readonly wrong: readonly string[]
  /** Messages that a remote host got more than once after a break that leaves this open. */
  readonly repeated: number
  readonly copies: number
}

/** Times at which something broke that may make the worker send again. */
export type RepeatTimes = readonly number[]

/** Compares what clients were told with what is there. The suite must be whole again. */
export async function verify(
  suite: ProcessSuite,
  accounts: readonly string[],
  ledger: Ledger,
  sink: FaultySink,
  repeatTimes: RepeatTimes,
): Promise<Verdict> {
  const found = new Map<string, readonly Seen[]>()
  for (const account of accounts) await readAccount(suite, account, ledger, found)
  const lost: string[] = []
  const duplicated: string[] = []
  const wrong = [...ledger.complaints]
  for (const item of ledger.items()) judge(item, found, { lost, duplicated, wrong })
  const repeated = judgeOutgoing(ledger, sink, repeatTimes, { lost, duplicated })
  wrong.push(...(await storeFindings(suite)))
  const copies = [...found.values()].reduce((sum, list) => sum + list.length, 0)
  return { lost, duplicated, wrong, repeated, copies }
}

const boxes = ['INBOX', 'Archive', 'Trash']

async function readAccount(
  suite: ProcessSuite,
  account: string,
  ledger: Ledger,
  found: Map<string, readonly Seen[]>,
): Promise<void> {
  const session = await waitFor(`a login of ${account}`, () =>
    ImapClient.login(suite.ports.imap, account, password).catch(() => undefined),
  )
  for (const mailbox of boxes) {
    found.set(`${account} ${mailbox}`, await readMailbox(session, account, mailbox, ledger))
  }
  session.close()
}

interface Piles {
  readonly lost: string[]
  readonly duplicated: string[]
  readonly wrong: string[]
}

function judge(item: Item, found: ReadonlyMap<string, readonly Seen[]>, piles: Piles): void {
  for (const [mailbox, copies] of item.places) {
    const there = (found.get(`${item.account} ${mailbox}`) ?? []).filter(
      ({ token }) => token === item.token,
    )
    const what = `${item.token} in ${mailbox} of ${item.account}`
    if (there.length < copies.min) piles.lost.push(what)
    if (there.length > copies.max) piles.duplicated.push(`${what}: ${there.length} times`)
    const [only] = there
    if (there.length === 1 && only !== undefined && copies.flags !== undefined && !item.isFrozen) {
      if (!isSame(only.flags, copies.flags))
        piles.wrong.push(
          `${what} has ${[...only.flags].join(' ')}, not ${[...copies.flags].join(' ')}`,
        )
    }
  }
  if (item.either === undefined) return
  const both = item.either.map(
    (mailbox) =>
      (found.get(`${item.account} ${mailbox}`) ?? []).filter(({ token }) => token === item.token)
        .length,
  )
  const sum = both.reduce((total, count) => total + count, 0)
  if (sum === 0) piles.lost.push(`${item.token} of ${item.account}, moved`)
  if (sum > 1) piles.duplicated.push(`${item.token} of ${item.account}, moved`)
}

function judgeOutgoing(
  ledger: Ledger,
  sink: FaultySink,
  repeatTimes: RepeatTimes,
  piles: { readonly lost: string[]; readonly duplicated: string[] },
): number {
  const byRecipient = new Map<string, Taken[]>()
  for (const taken of sink.taken) {
    byRecipient.set(taken.recipient, [...(byRecipient.get(taken.recipient) ?? []), taken])
  }
  let repeated = 0
  for (const { recipient, isRefused } of ledger.outgoing) {
    const taken = byRecipient.get(recipient) ?? []
    if (isRefused) continue
    if (taken.length === 0) piles.lost.push(`${recipient} never reached its host`)
    const [first] = taken
    const again = taken.slice(1)
    for (const each of again) {
      const isAllowed =
        taken.some(({ isCut, at }) => isCut && at <= each.at) ||
        repeatTimes.some((at) => at >= (first?.at ?? 0) - 10_000 && at <= each.at)
      if (isAllowed) repeated++
      else piles.duplicated.push(`${recipient} reached its host twice`)
    }
  }
  return repeated
}

/** The store's own consistency check, by a process that has nothing in memory. */
async function storeFindings(suite: ProcessSuite): Promise<readonly string[]> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) return ['there is no database to check']
  const store = await openStore({ database: url, log: silentLog, app: 'faults', unsafe: true })
  try {
    return (await store.check()).map(({ invariant, text }) => `${invariant}: ${text}`)
  } finally {
    await store.close()
  }
}

/** Sends everything that waits, now, until nothing does. @returns recipients that still wait */
export async function drainQueue(suite: ProcessSuite, limitMs: number): Promise<number> {
  const url = (await suite.status())?.databaseUrl
  if (url === undefined || url === null) return -1
  const store = await openStore({ database: url, log: silentLog, app: 'faults', unsafe: true })
  const end = Date.now() + limitMs
  try {
    for (;;) {
      const { waiting } = await store.queue.status()
      if (waiting === 0 || Date.now() > end) return waiting
      await store.queue.retry({})
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  } finally {
    await store.close()
  }
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each))
}

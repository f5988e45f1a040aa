import { silentLog } from '@posthouse/telemetry'
import { openStore } from '@posthouse/store'
import { password, type ProcessSuite } from '../../journeys/house/process-suite.ts'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { ImapClient } from './imap-client.ts'
import type { Item, Ledger } from './ledger.ts'
import { readMailbox, type Seen } from './mailbox-reading.ts'
import { readReturns } from './returned-mail.ts'
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

/** What there is to compare promises with. */
export interface Evidence {
  readonly accounts: readonly string[]
  readonly ledger: Ledger
  readonly sink: FaultySink
  readonly repeatTimes: RepeatTimes
  /** Addresses that the queue still has: not lost. */
  readonly queued: ReadonlySet<string>
}

/** Compares what clients were told with what is there. The suite must be whole again. */
export async function verify(suite: ProcessSuite, evidence: Evidence): Promise<Verdict> {
  const { accounts, ledger } = evidence
  const found = new Map<string, readonly Seen[]>()
  const returned = new Map<string, number>()
  for (const account of accounts) await readAccount(suite, account, ledger, found, returned)
  const lost: string[] = []
  const duplicated: string[] = []
  const wrong = [...ledger.complaints]
  for (const item of ledger.items()) judge(item, found, { lost, duplicated, wrong })
  const repeated = judgeOutgoing(evidence, returned, { lost, duplicated, wrong })
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
  returned: Map<string, number>,
): Promise<void> {
  const session = await waitFor(`a login of ${account}`, () =>
    ImapClient.login(suite.ports.imap, account, password).catch(() => undefined),
  )
  for (const mailbox of boxes) {
    found.set(`${account} ${mailbox}`, await readMailbox(session, account, mailbox, ledger))
  }
  await readReturns(session, account, returned)
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

/** Every recipient was sent to, or returned to its sender, or is still queued; nothing else, and nothing twice. */
function judgeOutgoing(
  { ledger, sink, repeatTimes, queued }: Evidence,
  returned: ReadonlyMap<string, number>,
  piles: Piles,
): number {
  const byRecipient = Map.groupBy(sink.taken, ({ recipient }) => recipient)
  let repeated = 0
  for (const { sender, recipient, isRefused } of ledger.outgoing) {
    const returns = returned.get(`${sender} ${recipient}`) ?? 0
    if (returns > 1) piles.duplicated.push(`${recipient} was returned ${returns} times`)
    if (isRefused) {
      if (returns === 0 && !queued.has(recipient))
        piles.lost.push(`${recipient} was refused and ${sender} was not told`)
      continue
    }
    if (returns > 0) piles.wrong.push(`${recipient} was returned, and no host had refused it`)
    const taken = byRecipient.get(recipient) ?? []
    if (taken.length === 0 && returns === 0 && !queued.has(recipient))
      piles.lost.push(`${recipient} never reached its host, was not returned, is not queued`)
    const excess = unexcused(taken, repeatTimes)
    repeated += Math.max(0, taken.length - 1) - excess
    if (excess > 0) piles.duplicated.push(`${recipient} reached its host ${taken.length} times`)
  }
  return repeated
}

/** How many of these, after the first, no break excuses: a line that was cut, or something killed since the first. */
function unexcused(taken: readonly Taken[], repeatTimes: RepeatTimes): number {
  const [first, ...more] = taken
  return more.filter((each) => {
    const wasCut = taken.some(({ isCut, at }) => isCut && at <= each.at)
    return !wasCut && !repeatTimes.some((at) => at >= (first?.at ?? 0) - 10_000 && at <= each.at)
  }).length
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

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each))
}

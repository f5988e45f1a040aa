import { silentLog } from '@posthouse/telemetry'
import { openStore } from '@posthouse/store'
import { password, type ProcessSuite } from '../../journeys/house/process-suite.ts'
import { waitFor } from '../../journeys/house/wait-for.ts'
import { ImapClient } from './imap-client.ts'
import type { Item, Ledger } from './ledger.ts'
import { AnswerLost, Refused } from './line-client.ts'
import { readMailbox, type Seen } from './mailbox-reading.ts'
import { judgeOutgoing, type Piles } from './outgoing-mail.ts'
import { readReturns } from './returned-mail.ts'

import type { FaultySink } from './sink.ts'

/** What was wrong at the end. Empty lists are what we want. */
export interface Verdict {
  readonly lost: readonly string[]
  readonly duplicated: readonly string[]
  /** Wrong flags, numbers that fell, findings of the store's own check. */
  readonly wrong: readonly string[]
  /** Sent again because the line was cut before an answer, as it must be. */
  readonly repeatedAfterCut: number
  /** Sent again because a break came between a remote host's 250 and its record, as SMTP leaves open. */
  readonly repeatedAfterBreak: number
  readonly copies: number
}

/** What there is to compare promises with. */
export interface Evidence {
  readonly accounts: readonly string[]
  readonly ledger: Ledger
  readonly sink: FaultySink
  /** When something broke that may make the worker send again. */
  readonly repeatTimes: readonly number[]
  /** Addresses that the queue still has: not lost. */
  readonly queued: ReadonlySet<string>
}

/** Compares what clients were told with what is there. The suite must be whole again. */
export async function verify(suite: ProcessSuite, evidence: Evidence): Promise<Verdict> {
  const { accounts, ledger } = evidence
  const readings: AccountReading[] = []
  for (const account of accounts) readings.push(await readAccount(suite, account, ledger))
  const found = new Map(readings.flatMap(({ seen }) => [...seen]))
  const returned = new Map(readings.flatMap((reading) => [...reading.returned]))
  const lost: string[] = []
  const duplicated: string[] = []
  const wrong = [...ledger.complaints]
  for (const item of ledger.items()) judge(item, found, { lost, duplicated, wrong })
  const repeats = judgeOutgoing(evidence, returned, { lost, duplicated, wrong })
  wrong.push(...(await storeFindings(suite)))
  const copies = [...found.values()].reduce((sum, list) => sum + list.length, 0)
  return { lost, duplicated, wrong, ...repeats, copies }
}

const boxes = ['INBOX', 'Archive', 'Trash'] as const

interface AccountReading {
  readonly seen: ReadonlyMap<string, readonly Seen[]>
  readonly returned: ReadonlyMap<string, number>
}

/** A machine that recovers may lose the session once more: then the account is read again from the beginning. */
async function readAccount(
  suite: ProcessSuite,
  account: string,
  ledger: Ledger,
): Promise<AccountReading> {
  return waitFor(`all mail of ${account}`, async () => {
    try {
      const session = await ImapClient.login(suite.ports.imap, account, password)
      const seen = new Map<string, readonly Seen[]>()
      for (const mailbox of boxes)
        seen.set(`${account} ${mailbox}`, await readMailbox(session, account, mailbox, ledger))
      const returned = await readReturns(session, account)
      session.close()
      return { seen, returned }
    } catch (error) {
      if (error instanceof AnswerLost || error instanceof Refused) return undefined
      throw error
    }
  })
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

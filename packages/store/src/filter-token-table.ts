import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import {
  houseAccount,
  type FilterKeptLesson,
  type FilterLessonChange,
  type FilterLessonCounts,
  type FilterRecollection,
  type FilterSharedSums,
  type FilterTokens,
  type FilterTokenSums,
} from './filter-learning.ts'
import {
  countLesson,
  forgetLesson,
  learnAnew,
  learnFirst,
  lessonStatement,
  recallCounts,
  recallOwn,
  recallShared,
  rehearsalStatement,
  shareLessons,
  teachAccount,
  teachHouse,
  type LessonRow,
} from './filter-token-statements.ts'
import type { Transaction } from './statement.ts'

/** Common words come in every message: of these, what all know of them is remembered for a while. */
const cachedTokens = 50_000
/** What other processes teach is seen after this long. */
const cachedMs = 30_000

/** The classifier's memory in Postgres. */
export class FilterTokenTable implements FilterTokens {
  readonly #database: Database
  /** `unheard`: there is no row. An account's own words are never cached: its owner may be waiting to see what he taught. */
  readonly #shared = new LRUCache<number, FilterSharedSums | 'unheard'>({
    max: cachedTokens,
    ttl: cachedMs,
  })

  constructor(database: Database) {
    this.#database = database
  }

  async recall(
    tokens: readonly number[],
    account: string | undefined,
  ): Promise<FilterRecollection> {
    const teachers = account === undefined ? [houseAccount] : [houseAccount, account]
    const counts = await this.#database.read(recallCounts, [teachers])
    const byTeacher = new Map(counts.map(([id, spam, ham]) => [id, { spam, ham }]))
    const houseCounts = byTeacher.get(houseAccount) ?? none
    const ownCounts = (account !== undefined && byTeacher.get(account)) || none
    // Most accounts teach nothing, and a new house knows nothing: there is no need to ask for hundreds of words.
    const [shared, own] = await Promise.all([
      isTeacher(houseCounts) ? this.#recallShared(tokens) : new Map<number, FilterSharedSums>(),
      isTeacher(ownCounts) ? this.#database.read(recallOwn, [account, tokens]) : [],
    ])
    return {
      shared,
      sharedCounts: withoutShare(houseCounts, ownCounts),
      own: new Map(own.map(([token, pull, squares]) => [token, { pull, squares }])),
      ownCounts,
    }
  }

  async lesson(key: number, account: string | undefined): Promise<FilterKeptLesson | undefined> {
    const [row] = await this.#database.query(lessonStatement, [account ?? houseAccount, key])
    return row && keptLesson(row)
  }

  async #recallShared(tokens: readonly number[]): Promise<ReadonlyMap<number, FilterSharedSums>> {
    const found = new Map<number, FilterSharedSums>()
    const unknown: number[] = []
    for (const token of tokens) {
      const known = this.#shared.get(token)
      if (known === undefined) unknown.push(token)
      else if (known !== 'unheard') found.set(token, known)
    }
    if (unknown.length === 0) return found
    const rows = await this.#database.read(recallShared, [unknown])
    const read = new Map(rows.map((row) => [row[0], sharedSums(row)]))
    for (const token of unknown) this.#shared.set(token, read.get(token) ?? 'unheard')
    for (const [token, sums] of read) found.set(token, sums)
    return found
  }

  async rehearsal(
    account: string | undefined,
    isSpam: boolean | undefined,
    from: number,
  ): Promise<FilterKeptLesson | undefined> {
    const values = [account ?? houseAccount, isSpam ?? null, from]
    const [row] = await this.#database.query(rehearsalStatement, values)
    return row && keptLesson(row)
  }

  async teach(change: FilterLessonChange): Promise<boolean> {
    try {
      return await this.#teach(change)
    } finally {
      const { content, manner } = change.tokens
      for (const token of [...content, ...manner]) this.#shared.delete(token)
    }
  }

  #teach(change: FilterLessonChange): Promise<boolean> {
    return this.#database.transact(
      async (tx) => {
        if (!(await writeLesson(tx, change))) return false
        await Promise.all([moveTokens(tx, change), moveCounts(tx, change)])
        return true
      },
      { retry: true },
    )
  }
}

function keptLesson(row: LessonRow): FilterKeptLesson {
  const [key, isSpam, version, pull, squares, content, mannerPull, mannerSquares, manner] = row
  const sums = {
    content: { pull, squares },
    manner: { pull: mannerPull, squares: mannerSquares },
  }
  return { key, tokens: { content, manner }, lesson: { isSpam, version, ...sums } }
}

function isTeacher({ spam, ham }: FilterLessonCounts): boolean {
  return spam + ham > 0
}

function sharedSums([, pull, squares, spamAccounts, hamAccounts, ...house]: readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]): FilterSharedSums {
  const [housePull, houseSquares] = house
  return {
    pull,
    squares,
    spamAccounts,
    hamAccounts,
    house: { pull: housePull, squares: houseSquares },
  }
}

const none: FilterLessonCounts = { spam: 0, ham: 0 }

/** What all taught, without what the asking account counts there: its own lessons count in full. */
function withoutShare(all: FilterLessonCounts, own: FilterLessonCounts): FilterLessonCounts {
  return {
    spam: Math.max(0, all.spam - Math.min(shareLessons, own.spam)),
    ham: Math.max(0, all.ham - Math.min(shareLessons, own.ham)),
  }
}

/** The lesson's row is the lock: who finds another one than he made his change up from changes nothing. */
async function writeLesson(
  tx: Transaction,
  { account = houseAccount, key, tokens, before, after }: FilterLessonChange,
): Promise<boolean> {
  const old = before && [before.isSpam, ...stepOf(before.content), ...stepOf(before.manner)]
  if (after === undefined) {
    return old !== undefined && (await tx.execute(forgetLesson, [account, key, ...old])) === 1
  }
  const values = [
    account,
    key,
    after.isSpam,
    after.version,
    ...stepOf(after.content),
    tokens.content,
    ...stepOf(after.manner),
    tokens.manner,
  ]
  if (old === undefined) return (await tx.execute(learnFirst, values)) === 1
  return (await tx.execute(learnAnew, [...values, ...old])) === 1
}

function stepOf({ pull, squares }: FilterTokenSums): readonly [number, number] {
  return [pull, squares]
}

/** No token is in both views, and each goes through them in the same order: two lessons at one moment wait, but not for each other. */
async function moveTokens(tx: Transaction, change: FilterLessonChange): Promise<void> {
  const { account, before, after } = change
  const more = Number(after !== undefined) - Number(before !== undefined)
  for (const name of ['content', 'manner'] as const) {
    const { pull, squares } = change.step[name]
    const tokens = change.tokens[name]
    if (account === undefined) await tx.execute(teachHouse, [tokens, pull, squares, more])
    else if (pull !== 0 || squares !== 0) {
      await tx.execute(teachAccount, [account, tokens, pull, squares])
    }
  }
}

async function moveCounts(
  tx: Transaction,
  { account = houseAccount, before, after }: FilterLessonChange,
): Promise<void> {
  const spam = Number(after?.isSpam === true) - Number(before?.isSpam === true)
  const ham = Number(after?.isSpam === false) - Number(before?.isSpam === false)
  if (spam === 0 && ham === 0) return
  await tx.execute(countLesson, [account, spam, ham, houseAccount])
}

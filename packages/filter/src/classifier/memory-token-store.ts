import type { TokenHash } from './token-hash.ts'
import {
  shareLessons,
  shareOf,
  type Lesson,
  type LessonChange,
  type LessonCounts,
  type Recollection,
  type Rehearsal,
  type SharedSums,
  type TokenStore,
  type TokenSums,
} from './token-store.ts'

interface SharedEntry extends SharedSums {
  /** Lessons of the house. */
  readonly lessons: number
}

interface Memory {
  readonly tokens: Map<TokenHash, TokenSums>
  readonly lessons: Map<number, Lesson & { readonly tokens: readonly TokenHash[] }>
}

/** A token store without a database, for trials on a corpus, the bench and tests. Says what the store's says. */
export class MemoryTokenStore implements TokenStore {
  readonly #shared = new Map<TokenHash, SharedEntry>()
  readonly #memories = new Map<string, Memory>()

  recall(tokens: readonly TokenHash[], account: string | undefined): Promise<Recollection> {
    const own = account === undefined ? undefined : this.#memories.get(account)
    return Promise.resolve({
      shared: picked(this.#shared, tokens),
      sharedCounts: this.#sharedCounts(account),
      own: picked(own?.tokens ?? new Map<TokenHash, TokenSums>(), tokens),
      ownCounts: countsOf(own),
    })
  }

  lesson(key: number, account: string | undefined): Promise<Lesson | undefined> {
    return Promise.resolve(this.#memories.get(account ?? house)?.lessons.get(key))
  }

  rehearsal(
    account: string | undefined,
    isSpam: boolean,
    from: number,
  ): Promise<Rehearsal | undefined> {
    let key = Infinity
    const lessons = this.#memories.get(account ?? house)?.lessons
    for (const [other, lesson] of lessons ?? []) {
      if (lesson.isSpam === isSpam && other >= from && other < key) key = other
    }
    const found = lessons?.get(key)
    return Promise.resolve(found && { key, tokens: found.tokens, lesson: found })
  }

  teach(change: LessonChange): Promise<boolean> {
    const { account, key, tokens, before, after } = change
    const memory = this.#memoryOf(account)
    if (!isSame(memory.lessons.get(key), before)) return Promise.resolve(false)
    if (after === undefined) memory.lessons.delete(key)
    else memory.lessons.set(key, { ...after, tokens })
    for (const token of tokens) {
      if (account === undefined) this.#teachHouse(token, change)
      else this.#teachAccount(memory, token, change.step)
    }
    return Promise.resolve(true)
  }

  /** Tokens in the shared memory. */
  get size(): number {
    return this.#shared.size
  }

  #teachHouse(token: TokenHash, { step, before, after }: LessonChange): void {
    const lessons = Number(after !== undefined) - Number(before !== undefined)
    this.#addShared(token, { ...untouched, house: step, lessons })
  }

  #teachAccount(memory: Memory, token: TokenHash, step: TokenSums): void {
    const old = memory.tokens.get(token) ?? nothing
    const now = added(old, step)
    if (now.pull === 0 && now.squares === 0) memory.tokens.delete(token)
    else memory.tokens.set(token, now)
    const [was, is] = [shareOf(old), shareOf(now)]
    this.#addShared(token, {
      ...untouched,
      pull: is.pull - was.pull,
      squares: is.squares - was.squares,
      spamAccounts: Number(now.pull > 0) - Number(old.pull > 0),
      hamAccounts: Number(now.pull < 0) - Number(old.pull < 0),
    })
  }

  #addShared(token: TokenHash, step: SharedEntry): void {
    const old = this.#shared.get(token) ?? untouched
    const now = {
      ...added(old, step),
      spamAccounts: old.spamAccounts + step.spamAccounts,
      hamAccounts: old.hamAccounts + step.hamAccounts,
      house: added(old.house, step.house),
      lessons: old.lessons + step.lessons,
    }
    const isEmpty = now.spamAccounts <= 0 && now.hamAccounts <= 0 && now.lessons <= 0
    if (isEmpty) this.#shared.delete(token)
    else this.#shared.set(token, now)
  }

  #memoryOf(account: string | undefined): Memory {
    const name = account ?? house
    const known = this.#memories.get(name)
    if (known !== undefined) return known
    const made: Memory = { tokens: new Map(), lessons: new Map() }
    this.#memories.set(name, made)
    return made
  }

  /** The house's lessons in full, of each account's but the asking one's so many at most. */
  #sharedCounts(account: string | undefined): LessonCounts {
    let [spam, ham] = [0, 0]
    for (const [name, memory] of this.#memories) {
      if (name === account) continue
      const counts = countsOf(memory)
      const most = name === house ? Infinity : shareLessons
      spam += Math.min(most, counts.spam)
      ham += Math.min(most, counts.ham)
    }
    return { spam, ham }
  }
}

/** No account's name. */
const house = ''

const nothing: TokenSums = { pull: 0, squares: 0 }

const untouched: SharedEntry = {
  ...nothing,
  spamAccounts: 0,
  hamAccounts: 0,
  house: nothing,
  lessons: 0,
}

function added(one: TokenSums, other: TokenSums): TokenSums {
  return { pull: one.pull + other.pull, squares: one.squares + other.squares }
}

function isSame(known: Lesson | undefined, before: Lesson | undefined): boolean {
  if (known === undefined || before === undefined) return known === before
  const { isSpam, pull, squares } = before
  return known.isSpam === isSpam && known.pull === pull && known.squares === squares
}

function countsOf(memory: Memory | undefined): LessonCounts {
  let [spam, ham] = [0, 0]
  for (const { isSpam } of memory?.lessons.values() ?? []) {
    if (isSpam) spam++
    else ham++
  }
  return { spam, ham }
}

function picked<Sums>(
  from: ReadonlyMap<TokenHash, Sums>,
  tokens: readonly TokenHash[],
): ReadonlyMap<TokenHash, Sums> {
  const found = new Map<TokenHash, Sums>()
  for (const token of tokens) {
    const sums = from.get(token)
    if (sums !== undefined) found.set(token, sums)
  }
  return found
}

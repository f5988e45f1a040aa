import type { TokenHash } from './token-hash.ts'
import {
  shareLessons,
  shareOf,
  type KeptLesson,
  type Lesson,
  type LessonChange,
  type LessonCounts,
  type Recollection,
  type SharedSums,
  type TokenStore,
  type TokenSums,
  type Views,
} from './token-store.ts'
import { added, nothing } from './views.ts'

interface SharedEntry extends SharedSums {
  /** Lessons of the house. */
  readonly lessons: number
}

interface Memory {
  readonly tokens: Map<TokenHash, TokenSums>
  readonly lessons: Map<number, KeptLesson>
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

  lesson(key: number, account: string | undefined): Promise<KeptLesson | undefined> {
    return Promise.resolve(this.#memories.get(account ?? house)?.lessons.get(key))
  }

  rehearsal(
    account: string | undefined,
    isSpam: boolean | undefined,
    from: number,
  ): Promise<KeptLesson | undefined> {
    let key = Infinity
    const lessons = this.#memories.get(account ?? house)?.lessons
    for (const [other, { lesson }] of lessons ?? []) {
      const isMeant = isSpam === undefined || lesson.isSpam === isSpam
      if (isMeant && other >= from && other < key) key = other
    }
    return Promise.resolve(lessons?.get(key))
  }

  teach(change: LessonChange): Promise<boolean> {
    const { account, key, tokens, before, after } = change
    const memory = this.#memoryOf(account)
    if (!isSame(memory.lessons.get(key)?.lesson, before)) return Promise.resolve(false)
    if (after === undefined) memory.lessons.delete(key)
    else memory.lessons.set(key, { key, tokens, lesson: after })
    for (const name of ['content', 'manner'] as const) {
      for (const token of tokens[name]) {
        if (account === undefined) this.#teachHouse(token, change.step[name], change)
        else this.#teachAccount(memory, token, change.step[name])
      }
    }
    return Promise.resolve(true)
  }

  /** Tokens in the shared memory. */
  get size(): number {
    return this.#shared.size
  }

  #teachHouse(token: TokenHash, step: TokenSums, { before, after }: LessonChange): void {
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

const untouched: SharedEntry = {
  ...nothing,
  spamAccounts: 0,
  hamAccounts: 0,
  house: nothing,
  lessons: 0,
}

function isSame(known: Lesson | undefined, before: Lesson | undefined): boolean {
  if (known === undefined || before === undefined) return known === before
  return known.isSpam === before.isSpam && isSameStep(known, before)
}

function isSameStep(one: Views<TokenSums>, other: Views<TokenSums>): boolean {
  return (['content', 'manner'] as const).every((name) => {
    return one[name].pull === other[name].pull && one[name].squares === other[name].squares
  })
}

function countsOf(memory: Memory | undefined): LessonCounts {
  let [spam, ham] = [0, 0]
  for (const { lesson } of memory?.lessons.values() ?? []) {
    if (lesson.isSpam) spam++
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

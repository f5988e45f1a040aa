import type { Control } from '@posthouse/app'
import type { Store } from '@posthouse/store'
import { limits } from '../limits.ts'

/** One part of the suite: whether it does its work; where not, why. */
export interface ReadyPart {
  readonly name: string
  readonly isReady: boolean
  readonly because: string | null
}

/** Whether the suite takes mail and gives it out. */
export interface Readiness {
  readonly isReady: boolean
  readonly parts: readonly ReadyPart[]
}

/** Asks all parts; who asks again within a moment gets the same answer, so that asking often costs nothing. */
export class ReadyDesk {
  readonly #control: Control | undefined
  readonly #store: Pick<Store, 'proveWritable'>
  #answer: { readonly readiness: Promise<Readiness>; readonly until: number } | undefined

  /** @param control absent: this process is all there is */
  constructor(control: Control | undefined, store: Pick<Store, 'proveWritable'>) {
    this.#control = control
    this.#store = store
  }

  /** Never throws. */
  ask(): Promise<Readiness> {
    if (this.#answer === undefined || performance.now() > this.#answer.until) {
      const until = performance.now() + limits.readyFreshMs
      this.#answer = { readiness: this.#look(), until }
    }
    return this.#answer.readiness
  }

  async #look(): Promise<Readiness> {
    const [database, parts = []] = await Promise.all([
      this.#database(),
      this.#control?.ask('health', null),
    ])
    const answers = parts.map((part): ReadyPart => {
      const name = part.app
      if (!('answer' in part)) return { name, isReady: false, because: part.silent }
      return { name, isReady: part.answer.isWell, because: part.answer.because }
    })
    const byName = Map.groupBy([database, ...answers], ({ name }) => name)
    const all = [...byName.values()].map(together)
    return { isReady: all.every(({ isReady }) => isReady), parts: all }
  }

  async #database(): Promise<ReadyPart> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error('it does not answer')), limits.signsMs)
    try {
      await Promise.race([this.#store.proveWritable(), late.promise])
      return { name: 'database', isReady: true, because: null }
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      return { name: 'database', isReady: false, because }
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The processes of an app, and all that each says, as one. */
function together(answers: readonly ReadyPart[]): ReadyPart {
  const { name } = answers[0] ?? { name: '' }
  const reasons = answers.flatMap(({ isReady, because }) =>
    isReady ? [] : [because ?? 'not ready'],
  )
  const because = reasons.length === 0 ? null : [...new Set(reasons)].join('; ')
  return { name, isReady: because === null, because }
}

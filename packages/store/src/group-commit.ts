import { setImmediate as nextTurn } from 'node:timers/promises'

/** How much is committed together (DESIGN.md, Group commit). */
export interface GroupLimits {
  readonly units: number
  readonly bytes: number
  /** A unit above this commits alone. */
  readonly loneBytes: number
  /** Groups under way at once, at most. While one is, others wait and gather. */
  readonly lanes: number
  /** The next lane opens when a whole group waits, or one that waited so long: a lock may hold up the others. */
  readonly patienceMs: number
}

/** Measured: 11,900 messages per second at fifty, 8,600 at ten; larger groups only wait longer. */
export const groupLimits: GroupLimits = {
  units: 50,
  bytes: 1024 * 1024,
  loneBytes: 256 * 1024,
  lanes: 4,
  patienceMs: 10,
}

interface Waiting<Unit, Result> {
  readonly unit: Unit
  readonly bytes: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Commits together what waits at one moment. A lone unit goes at once, and while a group is under way the next one gathers, so
 * that groups grow with the load by themselves. Few and large ones cost least: only what must not wait opens another lane.
 */
export class GroupCommit<Unit, Result> {
  readonly #commit: (units: readonly Unit[]) => Promise<readonly Outcome<Result>[]>
  readonly #limits: GroupLimits
  #waiting: Waiting<Unit, Result>[] = []
  #lanes = 0
  #patience: NodeJS.Timeout | undefined

  /** `commit` gives one outcome per unit, in order; it throws only for what befell all of them. */
  constructor(
    commit: (units: readonly Unit[]) => Promise<readonly Outcome<Result>[]>,
    limits: GroupLimits = groupLimits,
  ) {
    this.#commit = commit
    this.#limits = limits
  }

  /** Commits the unit, perhaps with others; resolves after its commit. */
  submit(unit: Unit, bytes: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, bytes, resolve, reject })
      if (this.#lanes === 0 || this.#isGroupFull()) this.#openLane()
      else if (this.#patience === undefined)
        this.#patience = setTimeout(() => this.#losePatience(), this.#limits.patienceMs)
    })
  }

  #openLane(): void {
    if (this.#lanes < this.#limits.lanes) void this.#runLane()
  }

  #losePatience(): void {
    this.#patience = undefined
    if (this.#waiting.length > 0) this.#openLane()
  }

  async #runLane(): Promise<void> {
    this.#lanes++
    // Whatever else has come in over other connections by now goes along.
    await nextTurn()
    while (this.#waiting.length > 0) await this.#commitGroup(this.#take())
    this.#lanes--
  }

  #isGroupFull(): boolean {
    return this.#sizeOfGroup() < this.#waiting.length || this.#waiting.length >= this.#limits.units
  }

  async #commitGroup(group: readonly Waiting<Unit, Result>[]): Promise<void> {
    try {
      const outcomes = await this.#commit(group.map(({ unit }) => unit))
      group.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i]
        if (outcome?.ok === true) resolve(outcome.value)
        else reject(outcome?.error ?? new Error('a unit of a group has no outcome'))
      })
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  #take(): readonly Waiting<Unit, Result>[] {
    return this.#waiting.splice(0, this.#sizeOfGroup())
  }

  /** How many of those that wait go next. */
  #sizeOfGroup(): number {
    const { units, bytes, loneBytes } = this.#limits
    let total = 0
    let count = 0
    for (const waiting of this.#waiting) {
      const isLone = waiting.bytes > loneBytes
      if (count > 0 && (isLone || count === units || total + waiting.bytes > bytes)) break
      total += waiting.bytes
      count++
      if (isLone) break
    }
    return count
  }
}

/** What became of one unit of a group. */
export type Outcome<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: unknown }

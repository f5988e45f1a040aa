import { uid as asUid, type Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { ReadAheadBudget } from './read-ahead-budget.ts'

/** How long messages that were read ahead are kept for a client that has gone quiet. */
const keepMs = 20_000

/**
 * Reads whole messages for one session. Many clients fetch a mailbox message by message; a query
 * for the next 32 costs a tenth of 32 queries, so once a client has taken two neighbours, the next
 * ones in its direction are read with one query.
 */
export class BodyReader {
  readonly #mailbox: SelectedMailbox
  readonly #budget: ReadAheadBudget
  readonly #ahead = new Map<Uid, Buffer>()
  #held = 0
  #lastSeq = 0
  #streak = 0
  #timer: NodeJS.Timeout | undefined

  constructor(mailbox: SelectedMailbox, budget: ReadAheadBudget) {
    this.#mailbox = mailbox
    this.#budget = budget
  }

  /** The octets of one message that is small enough to be held whole; undefined when it is gone. */
  async one(uid: Uid): Promise<Buffer | undefined> {
    const seq = this.#mailbox.numbers.seqOf(uid)
    const step = seq - this.#lastSeq
    this.#lastSeq = seq
    const known = this.#take(uid)
    if (known !== undefined) return known
    const isNeighbour = step === 1 || step === -1
    this.#streak = isNeighbour ? this.#streak + 1 : 0
    this.forget()
    if (this.#streak === 0) return this.#mailbox.open.octets(uid)
    const wanted = this.#next(
      uid,
      seq,
      step,
      Math.min(limits.readAheadMessages, 2 ** (this.#streak + 1)),
    )
    for await (const body of this.#mailbox.open.bodies(wanted)) this.#keep(body.uid, body.octets)
    this.#forgetLater()
    return this.#take(uid)
  }

  /** Gives back what was read ahead. */
  forget(): void {
    clearTimeout(this.#timer)
    this.#ahead.clear()
    this.#budget.release(this.#held)
    this.#held = 0
  }

  #take(uid: Uid): Buffer | undefined {
    const octets = this.#ahead.get(uid)
    if (octets === undefined) return undefined
    this.#ahead.delete(uid)
    this.#held -= octets.length
    this.#budget.release(octets.length)
    return octets
  }

  #keep(uid: Uid, octets: Buffer): void {
    this.#ahead.set(uid, octets)
    this.#held += octets.length
    this.#budget.take(octets.length)
  }

  /** This message and its neighbours in the client's direction, ascending, within the bounds. */
  #next(uid: Uid, seq: number, step: number, count: number): Uid[] {
    const { numbers, open } = this.#mailbox
    const uids = [uid]
    let bytes = open.row(uid)?.size ?? 0
    for (let at = seq + step; uids.length < count && this.#budget.hasRoom; at += step) {
      const neighbour = numbers.uidAt(at)
      const index = neighbour === undefined ? -1 : open.state.indexOf(neighbour)
      if (neighbour === undefined || index < 0) break
      bytes += open.state.sizeAt(index)
      if (bytes > limits.readAheadBytes) break
      uids.push(asUid(neighbour))
    }
    return step > 0 ? uids : uids.toReversed()
  }

  #forgetLater(): void {
    this.#timer = setTimeout(() => this.forget(), keepMs)
    this.#timer.unref()
  }
}

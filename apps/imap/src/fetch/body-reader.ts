import { uid as asUid, type ReadAhead, type Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'

/**
 * Reads whole messages for one session. Many clients fetch a mailbox message by message: once a client has taken two
 * neighbours, the next ones in its direction are read ahead.
 */
export class BodyReader {
  readonly #mailbox: SelectedMailbox
  readonly #ahead: ReadAhead
  #lastSeq = 0

  constructor(mailbox: SelectedMailbox) {
    this.#mailbox = mailbox
    this.#ahead = mailbox.open.readAhead()
  }

  /**
   * The octets of one message that is small enough to be held whole, valid until the next call; undefined when it is gone.
   */
  one(uid: Uid): Promise<Buffer | undefined> {
    const seq = this.#mailbox.numbers.seqOf(uid)
    const step = seq - this.#lastSeq
    this.#lastSeq = seq
    const isNeighbour = step === 1 || step === -1
    return this.#ahead.read(uid, isNeighbour ? (after) => this.#beyond(after, step) : undefined)
  }

  /** Gives back what was read ahead. */
  forget(): void {
    this.#ahead.forget()
  }

  *#beyond(after: Uid, step: number): Generator<Uid> {
    const { numbers, open } = this.#mailbox
    for (let at = numbers.seqOf(after) + step; ; at += step) {
      const next = numbers.uidAt(at)
      if (next === undefined) return
      const uid = asUid(next)
      if ((open.row(uid)?.size ?? 0) <= limits.wholeBytes) yield uid
    }
  }
}

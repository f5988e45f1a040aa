import type { Interval } from '@posthouse/imap-wire'
import { uid as asUid, type Uid } from '@posthouse/store'

/** An unbroken piece of the mailbox as the client counts it: both ends belong to it. */
export interface SeqRange {
  readonly from: number
  readonly to: number
}

/**
 * The sequence numbers one client knows (RFC 3501 §2.3.1.2).
 *
 * What the mailbox holds now is the store's knowledge; what this client has been told is this
 * object's, and the two differ until `append` and `forget` are announced. Kept as runs of
 * consecutive UIDs, because a mailbox that was never tidied is one run however large it is, and
 * thousands of idle sessions each keep one of these.
 */
export class SequenceNumbers {
  #first = new Uint32Array(4)
  #last = new Uint32Array(4)
  /** Sequence number of each run's first UID. */
  #base = new Uint32Array(4)
  #runs = 0
  #size = 0

  /** How many messages the client believes in: the number of the last EXISTS, less the EXPUNGEs since. */
  get size(): number {
    return this.#size
  }

  /** The highest UID the client knows, 0 in an empty mailbox. */
  get lastUid(): number {
    return this.#runs === 0 ? 0 : at(this.#last, this.#runs - 1)
  }

  /** The UID at a sequence number, undefined outside of 1 to size. */
  uidAt(seq: number): Uid | undefined {
    if (seq < 1 || seq > this.#size) return undefined
    const run = floorIndex(this.#base, this.#runs, seq)
    return asUid(at(this.#first, run) + seq - at(this.#base, run))
  }

  /** The sequence number of a UID, 0 when the client does not know it. */
  seqOf(uid: number): number {
    const run = floorIndex(this.#first, this.#runs, uid)
    if (run < 0 || uid > at(this.#last, run)) return 0
    return at(this.#base, run) + uid - at(this.#first, run)
  }

  /** How many known UIDs are smaller than this one. */
  countBelow(uid: number): number {
    const run = floorIndex(this.#first, this.#runs, uid - 1)
    if (run < 0) return 0
    return at(this.#base, run) + Math.min(uid - 1, at(this.#last, run)) - at(this.#first, run)
  }

  /** The UIDs from 1 up to `last` that the client does not know, as ascending intervals. */
  gaps(last: number): Interval[] {
    const gaps: Interval[] = []
    let first = 1
    for (let run = 0; run < this.#runs && first <= last; run += 1) {
      const end = Math.min(at(this.#first, run) - 1, last)
      if (first <= end) gaps.push({ first, last: end })
      first = at(this.#last, run) + 1
    }
    if (first <= last) gaps.push({ first, last })
    return gaps
  }

  /** The UIDs of a range of sequence numbers, in order. The range must lie inside 1 to size. */
  uidsOf(range: SeqRange): Uint32Array {
    const uids = new Uint32Array(Math.max(0, range.to - range.from + 1))
    let run = floorIndex(this.#base, this.#runs, range.from)
    let next = at(this.#first, run) + range.from - at(this.#base, run)
    for (let i = 0; i < uids.length; i += 1) {
      if (next > at(this.#last, run)) {
        run += 1
        next = at(this.#first, run)
      }
      uids[i] = next
      next += 1
    }
    return uids
  }

  /** New messages, UIDs ascending. Those not above the last known one are passed over. */
  append(uids: Iterable<number>): void {
    for (const uid of uids) {
      if (uid <= this.lastUid) continue
      if (this.#runs > 0 && uid === this.lastUid + 1) this.#last[this.#runs - 1] = uid
      else this.#pushRun(uid, uid, this.#size + 1)
      this.#size += 1
    }
  }

  /**
   * Takes messages out, UIDs ascending, and returns what each EXPUNGE response must say when they
   * are sent in this order: every one shifts those behind it (RFC 3501 §7.4.1). Unknown UIDs are
   * passed over.
   */
  forget(uids: Iterable<number>): number[] {
    const numbers: number[] = []
    const gone: number[] = []
    for (const uid of uids) {
      const seq = this.seqOf(uid)
      if (seq === 0) continue
      numbers.push(seq - numbers.length)
      gone.push(uid)
    }
    if (gone.length > 0) this.#cut(gone)
    return numbers
  }

  /** Rebuilds the runs without these UIDs (ascending, all known): one pass however many they are. */
  #cut(gone: readonly number[]): void {
    const { first, last, runs } = { first: this.#first, last: this.#last, runs: this.#runs }
    this.#first = new Uint32Array(runs + gone.length + 1)
    this.#last = new Uint32Array(runs + gone.length + 1)
    this.#base = new Uint32Array(runs + gone.length + 1)
    this.#runs = 0
    this.#size = 0
    let k = 0
    for (let run = 0; run < runs; run += 1) {
      let from = at(first, run)
      const to = at(last, run)
      for (let uid = gone[k]; uid !== undefined && uid <= to; uid = gone[k]) {
        this.#keep(from, uid - 1)
        from = uid + 1
        k += 1
      }
      this.#keep(from, to)
    }
  }

  #keep(from: number, to: number): void {
    if (to < from) return
    this.#pushRun(from, to, this.#size + 1)
    this.#size += to - from + 1
  }

  #pushRun(from: number, to: number, base: number): void {
    if (this.#runs === this.#first.length) {
      this.#first = grown(this.#first)
      this.#last = grown(this.#last)
      this.#base = grown(this.#base)
    }
    this.#first[this.#runs] = from
    this.#last[this.#runs] = to
    this.#base[this.#runs] = base
    this.#runs += 1
  }
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}

function at(array: Uint32Array, index: number): number {
  return array[index] ?? 0
}

/** Index of the last of the first `count` elements that is not above `value`, -1 when all are. */
function floorIndex(array: Uint32Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (at(array, middle) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

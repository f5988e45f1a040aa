import { createHash } from 'node:crypto'
import type { ThreadedIds } from './message-ids.ts'

const none = -1

/** Ids that need more room than this are kept as their hash. */
const longestId = 64

/**
 * Which message answers which, by their ids (RFC 5256 §3, REFERENCES, step 1). Messages and the places of those
 * that are only referred to are numbered as they come up; of all ids only a number is kept.
 */
export class ReferenceLinks {
  readonly #places = new Map<string, number>()
  readonly #parents: number[] = []
  /** The message at each place; none: a dummy. */
  readonly #messages: number[] = []
  readonly #hasChildren: boolean[] = []
  #steps = 0

  /** Places there are: the measure of memory. */
  get size(): number {
    return this.#parents.length
  }

  /** Parents looked at so far: the measure of time. */
  get steps(): number {
    return this.#steps
  }

  /** Adds the next message. */
  add(message: number, { own, references }: ThreadedIds): void {
    let before = none
    for (const id of references) {
      const place = this.#placeOf(id)
      if (before !== none && this.#parents[place] === none) this.#link(before, place)
      before = place
    }
    const place = this.#claim(own, message)
    // References may have been cut short before: what the message itself says counts (step 1.B).
    this.#parents[place] = none
    if (before !== none) this.#link(before, place)
  }

  /**
   * Parents of messages once dummies are gone (step 3): children of a dummy move up to its own parent, but not
   * to the top where they are several. Negative: at the top beneath dummy number -parent - 2, or -1: alone.
   */
  parents(count: number): Int32Array {
    const above = this.#aboveDummies()
    const parents = new Int32Array(count).fill(none)
    for (let place = 0; place < this.#parents.length; place += 1) {
      const message = this.#messages[place] ?? none
      const up = above[place] ?? none
      if (message === none || up === none) continue
      const parent = this.#messages[up] ?? none
      parents[message] = parent === none ? -up - 2 : parent
    }
    return parents
  }

  /** For each place the nearest place above that has a message, or the dummy at the top. */
  #aboveDummies(): Int32Array {
    const above = Int32Array.from(this.#parents)
    for (let start = 0; start < above.length; start += 1) {
      const path: number[] = []
      let place = start
      // Up through the dummies that have something above them.
      for (let up = above[place] ?? none; this.#isPassed(up, above); up = above[place] ?? none) {
        path.push(place)
        place = up
      }
      const end = above[place] ?? none
      for (const passed of path) above[passed] = end
    }
    return above
  }

  #isPassed(place: number, above: Int32Array): boolean {
    return place !== none && this.#messages[place] === none && above[place] !== none
  }

  /** A message's place: that of its id, or one of its own where it has none or shares it (step 1). */
  #claim(id: string | undefined, message: number): number {
    const known = id === undefined ? none : this.#placeOf(id)
    const place = known !== none && this.#messages[known] === none ? known : this.#newPlace()
    this.#messages[place] = message
    return place
  }

  #placeOf(id: string): number {
    const key = id.length <= longestId ? id : createHash('sha256').update(id).digest('base64')
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const place = this.#newPlace()
    this.#places.set(key, place)
    return place
  }

  #newPlace(): number {
    this.#messages.push(none)
    this.#hasChildren.push(false)
    return this.#parents.push(none) - 1
  }

  /** Not where it would close a circle. What has no children is above nobody. */
  #link(parent: number, child: number): void {
    if (parent === child || (this.#hasChildren[child] === true && this.#isAbove(child, parent)))
      return
    this.#parents[child] = parent
    this.#hasChildren[parent] = true
  }

  #isAbove(place: number, below: number): boolean {
    for (let at = this.#parents[below] ?? none; at !== none; at = this.#parents[at] ?? none) {
      this.#steps += 1
      if (at === place) return true
    }
    return false
  }
}

/** Bounds on how many copies of a message stand in a mailbox, from what its owner was told. */
export interface Copies {
  min: number
  max: number
  /** The flags that were acknowledged last; undefined when an answer was lost. */
  flags: ReadonlySet<string> | undefined
}

/** What was promised about one message in one account. */
export interface Item {
  readonly token: string
  readonly account: string
  readonly places: Map<string, Copies>
  /** A MOVE whose answer was lost: it stands in exactly one of the two. */
  either: readonly [string, string] | undefined
  /** An answer about it was lost: nobody touches it any more. */
  isFrozen: boolean
}

/** A message for the outside world that was acknowledged. */
export interface Outgoing {
  readonly token: string
  readonly sender: string
  readonly recipient: string
  /** The remote host refuses it for good: its sender must be told. */
  readonly isRefused: boolean
}

/** Everything that clients were told, to be compared with what is there. */
export class Ledger {
  /** Commands under way, for the report. */
  inFlight = 0
  /** Promises made: 250, OK, +OK. */
  acknowledged = 0
  /** Answers that never came. */
  unknown = 0
  readonly outgoing: Outgoing[] = []
  /** What was seen to be wrong while it went on. */
  readonly complaints: string[] = []
  readonly #items = new Map<string, Item>()
  readonly #highest = new Map<string, number>()

  /** The message as this account has it; made when it is new. */
  item(account: string, token: string): Item {
    const key = `${account} ${token}`
    const known = this.#items.get(key)
    if (known !== undefined) return known
    const item: Item = { token, account, places: new Map(), either: undefined, isFrozen: false }
    this.#items.set(key, item)
    return item
  }

  items(): Iterable<Item> {
    return this.#items.values()
  }

  /** A message was acknowledged, or its answer was lost (`isKnown` false), into a mailbox. */
  entered(account: string, token: string, mailbox: string, isKnown: boolean): void {
    const item = this.item(account, token)
    const place = copiesIn(item, mailbox)
    place.max++
    if (isKnown) place.min++
    else item.isFrozen = true
    place.flags = isKnown ? new Set() : undefined
  }

  /** UIDNEXT, HIGHESTMODSEQ and the like never fall below what was known when the question was asked. */
  neverFalls(what: string, value: number, before: number): void {
    if (value < before) this.complaints.push(`${what} fell from ${before} to ${value}`)
    this.#highest.set(what, Math.max(value, this.highest(what)))
  }

  /** The highest value that was told so far. */
  highest(what: string): number {
    return this.#highest.get(what) ?? 0
  }

  /** Counts a command while it runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.inFlight++
    try {
      const result = await work()
      this.acknowledged++
      return result
    } finally {
      this.inFlight--
    }
  }
}

/** The bounds for one mailbox; nothing, where nothing was said. */
export function copiesIn(item: Item, mailbox: string): Copies {
  const known = item.places.get(mailbox)
  if (known !== undefined) return known
  const copies: Copies = { min: 0, max: 0, flags: new Set() }
  item.places.set(mailbox, copies)
  return copies
}

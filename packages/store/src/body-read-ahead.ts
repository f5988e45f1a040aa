import type { BodyBlock } from './body-block.ts'
import { blockMessages, takesInto, type WantedMessage } from './body-blocks.ts'

/** How messages are read. */
export interface BodySource {
  /** Whether there is memory for a block. */
  readonly hasRoom: boolean
  /** Begins a block; undefined where there is no memory for one. */
  begin(block: readonly WantedMessage[]): Promise<BodyBlock> | undefined
  /** Reads one message. */
  one(message: WantedMessage): Promise<Buffer | undefined>
}

/** Messages that will be asked for after one, the nearest first, if the client goes on as it does. */
export type Following<Wanted> = (after: Wanted) => Iterable<Wanted>

/** A client that is silent for so long leaves the memory to others. */
const quietMs = 20_000

/** Blocks grow: the first message comes soon, and who wants a few reads few. */
const growingBlocks = [4, 32] as const

interface Block<Wanted> {
  readonly wanted: readonly Wanted[]
  readonly places: ReadonlyMap<number, number>
  readonly bodies: Promise<BodyBlock>
  hasFailed: boolean
}

/**
 * Reads messages before they are asked for, for a client that fetches one after another: one query for the next hundred
 * costs a tenth of a hundred queries. Two blocks at most are held: the one in use, and the next.
 */
export class BodyReadAhead<Wanted extends WantedMessage> {
  readonly #source: BodySource
  #block: Block<Wanted> | undefined
  #next: Block<Wanted> | undefined
  #begun = 0
  #timer: NodeJS.Timeout | undefined

  constructor(source: BodySource) {
    this.#source = source
  }

  /**
   * The message's octets, valid until the next call; undefined when it is gone. `following` where the client reads in an
   * order that can be guessed.
   */
  async read(message: Wanted, following?: Following<Wanted>): Promise<Buffer | undefined> {
    const block = this.#blockWith(message) ?? this.#beginWith(message, following)
    if (block === undefined) return this.#source.one(message)
    this.#stayAwake()
    const place = block.places.get(message.messageId) ?? 0
    if (following !== undefined && place >= block.wanted.length / 2) this.#lookAhead(following)
    return (await block.bodies).octets(message.messageId)
  }

  /** Gives back what was read ahead. What `read` gave last stays valid. */
  forget(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const block of [this.#block, this.#next]) {
      void block?.bodies.then(
        (bodies) => bodies.abandon(),
        () => undefined,
      )
    }
    this.#block = undefined
    this.#next = undefined
  }

  /** The block at hand, or the next, which becomes the one at hand. */
  #blockWith({ messageId }: Wanted): Block<Wanted> | undefined {
    if (this.#block?.places.has(messageId) === true && !this.#block.hasFailed) return this.#block
    drop(this.#block)
    this.#block = this.#next
    this.#next = undefined
    if (this.#block?.places.has(messageId) === true && !this.#block.hasFailed) return this.#block
    drop(this.#block)
    this.#block = undefined
    return undefined
  }

  #beginWith(message: Wanted, following: Following<Wanted> | undefined): Block<Wanted> | undefined {
    if (following === undefined || !this.#source.hasRoom) return undefined
    this.#begun = 0
    this.#block = this.#begin(message, following(message))
    return this.#block
  }

  #lookAhead(following: Following<Wanted>): void {
    const last = this.#block?.wanted.at(-1)
    if (this.#next !== undefined || last === undefined || !this.#source.hasRoom) return
    const [first, ...others] = upTo(following(last), blockMessages)
    if (first !== undefined) this.#next = this.#begin(first, others)
  }

  /** Nothing is begun for a message alone. */
  #begin(first: Wanted, others: Iterable<Wanted>): Block<Wanted> | undefined {
    const most = growingBlocks[this.#begun] ?? blockMessages
    const wanted = [first]
    let bytes = first.size
    for (const message of others) {
      if (!takesInto(wanted.length, bytes, message.size, most)) break
      wanted.push(message)
      bytes += message.size
    }
    const bodies = wanted.length === 1 ? undefined : this.#source.begin(wanted)
    if (bodies === undefined) return undefined
    this.#begun++
    const places = new Map<number, number>(wanted.map(({ messageId }, place) => [messageId, place]))
    const block: Block<Wanted> = { wanted, places, bodies, hasFailed: false }
    // A failure is told to whoever reads; a block that nobody reads fails unseen.
    bodies.catch(() => {
      block.hasFailed = true
    })
    return block
  }

  #stayAwake(): void {
    this.#timer ??= setTimeout(() => this.forget(), quietMs).unref()
    this.#timer.refresh()
  }
}

function drop(block: Block<WantedMessage> | undefined): void {
  void block?.bodies.then(
    (bodies) => bodies.release(),
    () => undefined,
  )
}

function upTo<T>(all: Iterable<T>, most: number): T[] {
  const some: T[] = []
  for (const one of all) {
    if (some.length === most) break
    some.push(one)
  }
  return some
}

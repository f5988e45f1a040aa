import type { Queue } from '@posthouse/store'
import type { Job } from './job.ts'
import type { Content } from './signing/content.ts'
import type { MessageSigner } from './signing/message-signer.ts'
import { type Spelled, spellForPeer } from './spelling/spell-for-peer.ts'

/**
 * Reads messages for sending, many in one query, signs them, and keeps what is held in memory under a limit.
 * A message larger than the limit is read when nothing else is held.
 */
export class ContentLoader {
  readonly #queue: Queue
  readonly #signer: MessageSigner
  readonly #memoryBytes: number
  readonly #readAheadBytes: number
  readonly #waiting: (() => void)[] = []
  #held = 0

  constructor(
    queue: Queue,
    signer: MessageSigner,
    limits: { readonly memoryBytes: number; readonly readAheadBytes: number },
  ) {
    this.#queue = queue
    this.#signer = signer
    this.#memoryBytes = limits.memoryBytes
    this.#readAheadBytes = limits.readAheadBytes
  }

  /** Somebody waits for memory. */
  get isShort(): boolean {
    return this.#waiting.length > 0
  }

  /**
   * The octets of a job's message, signed, and, read along with it, of some of those that come next.
   * Undefined when the message is gone, or held since it was claimed. Rejects when the store is away.
   */
  async load(job: Job, next: readonly Job[]): Promise<Content | undefined> {
    const begun = job.content
    if (begun !== undefined) return await begun
    const batch = this.#batchOf(job, next)
    const sizes = new Map(batch.map((each) => [each, this.#share(each)]))
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    const taken = this.#take(total)
    const reading = taken.then(async () => await this.#read(batch))
    for (const each of batch) {
      const content = reading.then((contents) => this.#sign(each, contents))
      // Whoever needs it awaits it; until then a failure is nobody's.
      content.catch(() => undefined)
      each.hold(
        content,
        // Not before it was taken.
        once(() => void taken.then(() => this.#giveBack(sizes.get(each) ?? 0))),
      )
    }
    return await job.content
  }

  /** A job's message as a peer with these extensions takes it, signed. */
  forPeer(job: Job, content: Content, extensions: ReadonlyMap<string, string>): Promise<Spelled> {
    return spellForPeer(this.#signer, job.message, content, extensions)
  }

  #batchOf(job: Job, next: readonly Job[]): Job[] {
    const batch = [job]
    let size = job.message.size
    for (const each of next) {
      if (each.content !== undefined) continue
      size += each.message.size
      if (size > this.#readAheadBytes) break
      batch.push(each)
    }
    return batch
  }

  async #read(batch: readonly Job[]): Promise<ReadonlyMap<string, Buffer>> {
    const ids = new Set(batch.map(({ message }) => message.queueId))
    return await this.#queue.contents([...ids], { isToBeSent: true })
  }

  async #sign(
    { message }: Job,
    contents: ReadonlyMap<string, Buffer>,
  ): Promise<Content | undefined> {
    const octets = contents.get(message.queueId)
    return octets === undefined ? undefined : await this.#signer.sign(message, octets)
  }

  #share(job: Job): number {
    return Math.min(job.message.size, this.#memoryBytes)
  }

  async #take(size: number): Promise<void> {
    while (this.#held > 0 && this.#held + size > this.#memoryBytes) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#held += size
  }

  #giveBack(size: number): void {
    this.#held -= size
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}

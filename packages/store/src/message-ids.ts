import type { Database } from './database.ts'
import { messageId, type MessageId } from './ids.ts'
import { tupleStatement } from './statement.ts'

const blockSize = 1024

const nextBlock = tupleStatement<readonly [number]>(
  'message_block_next',
  `SELECT nextval('message_block')`,
)

/**
 * Ids of messages, made by the process before it writes, so that after a connection lost in COMMIT it can look for them.
 * Blocks come from a sequence: no two processes ever have the same one.
 */
export class MessageIds {
  readonly #database: Database
  #next = 0
  #end = 0
  #refill: Promise<void> | undefined

  constructor(database: Database) {
    this.#database = database
  }

  /** As many new ids as asked for, ascending. */
  async take(count: number): Promise<readonly MessageId[]> {
    const taken: MessageId[] = []
    while (taken.length < count) {
      if (this.#next === this.#end) {
        this.#refill ??= this.#takeBlock()
        await this.#refill
        continue
      }
      taken.push(messageId(this.#next++))
    }
    return taken
  }

  async #takeBlock(): Promise<void> {
    try {
      const [row] = await this.#database.query(nextBlock)
      this.#next = (row?.[0] ?? 0) * blockSize
      this.#end = this.#next + blockSize
    } finally {
      this.#refill = undefined
    }
  }
}

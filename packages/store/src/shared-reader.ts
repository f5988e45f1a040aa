import { Client, type ClientConfig } from 'pg'

import { queryConfig, spoils } from './connections.ts'
import type { HungWatch } from './hung-watch.ts'
import type { Statement } from './statement.ts'
import type { StoreLog } from './store-log.ts'

/** One pipelined connection on which everyone's short reads travel. */
export class SharedReader {
  readonly #config: ClientConfig
  readonly #watch: HungWatch
  readonly #log: StoreLog
  #current: { readonly client: Client; readonly opened: Promise<unknown> } | undefined
  #isClosed = false

  constructor(config: ClientConfig, watch: HungWatch, log: StoreLog) {
    this.#config = config
    this.#watch = watch
    this.#log = log
  }

  /** Runs a short read. */
  async query<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<readonly Row[]> {
    this.#watch.refuseIfHung()
    const { client, opened } = this.#open()
    const kill = (): void => this.#drop(client)
    try {
      await this.#watch.guard(opened, kill, 'none')
      const answer = client.query(queryConfig(statement, values))
      const result = await this.#watch.guard(answer, kill, 'none')
      return result.rows
    } catch (error) {
      if (spoils(error)) this.#drop(client)
      throw error
    }
  }

  /** Cuts the connection. */
  destroy(): void {
    if (this.#current !== undefined) this.#drop(this.#current.client)
  }

  /** Disconnects. Reads under way are given a moment. */
  async close(): Promise<void> {
    this.#isClosed = true
    const current = this.#current
    if (current === undefined) return
    const patience = setTimeout(() => this.#drop(current.client), 2_000)
    await current.opened.catch(() => {})
    await current.client.end()
    clearTimeout(patience)
  }

  #open(): { readonly client: Client; readonly opened: Promise<unknown> } {
    if (this.#current !== undefined) return this.#current
    if (this.#isClosed) throw new Error('The store is closed')
    const client = new Client(this.#config)
    client.on('error', (error) => {
      this.#log.debug('store.connection.lost', { because: error.message })
      this.#drop(client)
    })
    client.on('end', () => this.#drop(client))
    this.#current = { client, opened: client.connect() }
    this.#current.opened.catch(() => this.#drop(client))
    return this.#current
  }

  #drop(client: Client): void {
    if (this.#current?.client === client) this.#current = undefined
    client.connection.stream.destroy()
  }
}

import { randomBytes } from 'node:crypto'

import type { Database } from './database.ts'
import { statement } from './statement.ts'

const find = statement<{ readonly key: Buffer }>(
  'server_key_find',
  'SELECT key FROM server_key WHERE name = $1',
)
const make = statement(
  'server_key_make',
  'INSERT INTO server_key (name, key) VALUES ($1, $2) ON CONFLICT DO NOTHING',
)

/** A secret of the installation by name, read once per process; the first process that asks for it makes it. */
export class ServerKey {
  readonly #database: Database
  readonly #name: string
  #key: Buffer | undefined

  constructor(database: Database, name: string) {
    this.#database = database
    this.#name = name
  }

  /** Its 32 octets. */
  async octets(): Promise<Buffer> {
    this.#key ??= (await this.#find()) ?? (await this.#make())
    return this.#key
  }

  async #find(): Promise<Buffer | undefined> {
    const [row] = await this.#database.query(find, [this.#name])
    return row?.key
  }

  async #make(): Promise<Buffer> {
    await this.#database.execute(make, [this.#name, randomBytes(32)])
    // Another process may have been first; what is committed counts.
    const made = await this.#find()
    if (made === undefined) throw new Error(`There is no server key ${this.#name}`)
    return made
  }
}

import { Client } from 'pg'
import { freshDatabase, type FreshDatabase } from './database.ts'

const tables = `SELECT quote_ident(tablename) AS name FROM pg_tables
  WHERE schemaname = 'public' AND tablename <> 'schema_migration'`

/**
 * One database that is emptied instead of made anew, for tests of one process that run one after
 * another: making one copies hundreds of files, emptying it deletes a few rows.
 */
export class ReusedDatabase {
  #database: FreshDatabase | undefined

  /** An empty database. Its `drop` only says that the test is done with it. */
  async take(): Promise<FreshDatabase> {
    if (this.#database !== undefined) await empty(this.#database.url)
    this.#database ??= await freshDatabase()
    return { url: this.#database.url, drop: () => Promise.resolve() }
  }

  /** Removes it. */
  async end(): Promise<void> {
    await this.#database?.drop()
    this.#database = undefined
  }
}

async function empty(url: string): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'posthouse tests' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(tables)
    const deletions = rows.map(({ name }) => `DELETE FROM ${name}`)
    // Without foreign keys for the moment, so that the order of tables does not matter.
    const statements = ['SET session_replication_role = replica', 'BEGIN', ...deletions, 'COMMIT']
    await client.query(statements.join('; '))
  } finally {
    await client.end()
  }
}

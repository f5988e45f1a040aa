import { randomBytes } from 'node:crypto'
import { migrate, readMigrations, schemaChecksum } from '@posthouse/store'
import { Client } from 'pg'

import { sharedCluster } from './shared-cluster.ts'

/** A database of a test's own. */
export interface FreshDatabase {
  readonly url: string
  /** Removes it, whoever is connected. */
  drop(): Promise<void>
}

/** Serialises the making of templates in one cluster ("test" in ASCII). */
const templateLock = 0x74657374

/** A new database with the current schema: a copy (0.1 s) of a template that is migrated once per schema and cluster. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const cluster = await sharedCluster()
  template ??= makeTemplate(cluster)
  const name = await template
  return create(cluster, `TEMPLATE ${name}`)
}

/** A new database without anything in it. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  return create(await sharedCluster(), 'TEMPLATE template0')
}

let template: Promise<string> | undefined

async function create(cluster: string, options: string): Promise<FreshDatabase> {
  const name = `t_${process.pid}_${randomBytes(6).toString('hex')}`
  await asAdmin(cluster, (client) => client.query(`CREATE DATABASE ${name} ${options}`))
  return {
    url: urlOf(cluster, name),
    drop: () =>
      asAdmin(cluster, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }),
  }
}

async function makeTemplate(cluster: string): Promise<string> {
  const name = `template_${schemaChecksum(await readMigrations()).slice(0, 16)}`
  await asAdmin(cluster, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [templateLock])
    const known = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (known.rowCount === 1) return
    // Under its final name it is always complete.
    await client.query(`DROP DATABASE IF EXISTS ${name}_new WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${name}_new TEMPLATE template0`)
    await migrate(urlOf(cluster, `${name}_new`))
    await client.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`)
  })
  return name
}

/** A connection for one task; its end releases its locks. */
async function asAdmin<T>(cluster: string, task: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: cluster, application_name: 'posthouse tests' })
  client.on('error', () => {})
  await client.connect()
  try {
    return await task(client)
  } finally {
    await client.end()
  }
}

function urlOf(cluster: string, database: string): string {
  const url = new URL(cluster)
  url.pathname = `/${database}`
  return url.href
}

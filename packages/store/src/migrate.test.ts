import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { emptyDatabase, type FreshDatabase } from '@posthouse/testkit'
import { Client } from 'pg'
import { migrate } from './migrate.ts'
import { readMigrations, SchemaMismatch } from './migrations.ts'
import { openStore } from './open-store.ts'
import { StoreUnavailable } from './unavailable.ts'

let fresh: FreshDatabase

before(async () => {
  fresh = await emptyDatabase()
})
after(() => fresh.drop())

async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: fresh.url })
  await client.connect()
  const result = await client.query<Record<string, unknown>>(text)
  await client.end()
  return result.rows
}

const open = () => openStore({ database: fresh.url, app: 'test', unsafe: true })

test('a store does not open on a database that was not migrated', async () => {
  await assert.rejects(open(), (error) => {
    assert.ok(error instanceof SchemaMismatch)
    assert.match(error.message, /older than this Posthouse.*0001-accounts.*migrate it first/)
    return true
  })
})

test('processes that migrate at the same time take turns, and each step is taken once', async () => {
  const migrations = await readMigrations()
  const reports = await Promise.all(Array.from({ length: 5 }, () => migrate(fresh.url)))
  const applied = reports.flatMap((report) => report.applied)
  assert.deepEqual(
    applied.toSorted(),
    migrations.map(({ name }) => name),
  )
  assert.ok(reports.every(({ version }) => version === migrations.length))
  const rows = await sql('SELECT name, checksum FROM schema_migration ORDER BY number')
  assert.deepEqual(
    rows,
    migrations.map(({ name, checksum }) => ({ name, checksum })),
  )
})

test('migrating a current database changes nothing', async () => {
  assert.deepEqual((await migrate(fresh.url)).applied, [])
  const store = await open()
  await store.close()
})

test('a database with a step of a newer version is neither migrated nor opened', async () => {
  await sql(
    `INSERT INTO schema_migration (number, name, checksum) VALUES (9999, '9999-future', 'x')`,
  )
  await assert.rejects(migrate(fresh.url), /made by a newer Posthouse/)
  await assert.rejects(open(), /made by a newer Posthouse/)
  await sql('DELETE FROM schema_migration WHERE number = 9999')
})

test('a database whose step was another text is refused', async () => {
  await sql(`UPDATE schema_migration SET checksum = 'other' WHERE number = 1`)
  await assert.rejects(migrate(fresh.url), SchemaMismatch)
})

test('a database that is away is StoreUnavailable, not a failed migration', async () => {
  const url = new URL(fresh.url)
  url.searchParams.set('host', '/nonexistent')
  await assert.rejects(migrate(url.href), StoreUnavailable)
})

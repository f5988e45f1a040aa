import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { getTableConfig, isPgSequence, PgTable } from 'drizzle-orm/pg-core'
import { is } from 'drizzle-orm'
import { statement } from './statement.ts'
import { openStoreHouse, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse

before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

/** The mirror has a page for each area: `schema.ts`, `schema-filter.ts` and so on. */
const pages = (await readdir(import.meta.dirname)).filter((file) =>
  /^schema(-(?!columns)[a-z0-9-]+)?\.ts$/.test(file),
)
const mirror: readonly object[] = await Promise.all(
  pages.map((page): Promise<object> => import(`./${page}`)),
)

const tables = mirror
  .flatMap((page): unknown[] => Object.values(page))
  .filter((each) => is(each, PgTable))
  .map((table) => getTableConfig(table))
  .toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Tables that are no business of the mirror. */
const ownTables = ['schema_migration']

interface ColumnRow {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly isNotNull: boolean
  readonly hasDefault: boolean
}

test('the mirror has every column of every table: name, type, null and default', async () => {
  const rows = await house.database.query(
    statement<ColumnRow>(
      'test_columns',
      `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
        a.attnotnull AS "isNotNull", a.atthasdef OR a.attidentity <> '' AS "hasDefault"
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0
        AND NOT a.attisdropped AND c.relname <> ALL ($1::text[])`,
    ),
    [ownTables],
  )
  const mirrored = tables.flatMap(({ name, columns, primaryKeys }) => {
    const keys = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)))
    return columns.map((column): ColumnRow => {
      return {
        table: name,
        column: column.name,
        type: typeOf(column.getSQLType(), column.dimensions),
        isNotNull: column.notNull || column.primary || keys.has(column.name),
        hasDefault: column.hasDefault || column.generatedIdentity !== undefined,
      }
    })
  })
  const order = (row: ColumnRow): string => `${row.table}.${row.column}`
  const sorted = (list: readonly ColumnRow[]) =>
    list.map((row) => ({ ...row })).toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
  assert.deepEqual(sorted(mirrored), sorted(rows))
})

test('the mirror has every key and index: columns, uniqueness, and whether it is partial', async () => {
  const rows = await house.database.query(
    statement<{ readonly text: string }>(
      'test_indexes',
      `SELECT c.relname || ' ' || CASE WHEN i.indisprimary THEN 'primary' ELSE x.relname END || ' ('
        || (SELECT string_agg(pg_get_indexdef(i.indexrelid, k, true), ', ' ORDER BY k)
            FROM generate_series(1, i.indnkeyatts) k) || ')'
        || CASE WHEN i.indisunique THEN ' unique' ELSE '' END
        || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END AS text
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
      WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname <> ALL ($1::text[])`,
    ),
    [ownTables],
  )
  const mirrored = tables.flatMap((table) => [
    ...table.columns
      .filter(({ primary }) => primary)
      .map((column) => `${table.name} primary (${column.name}) unique`),
    ...table.primaryKeys.map((key) => {
      return `${table.name} primary (${key.columns.map(({ name }) => name).join(', ')}) unique`
    }),
    ...table.indexes.map(({ config }) => {
      const columns = config.columns.map((column) =>
        'name' in column ? column.name : 'lower(name)',
      )
      const suffix = `${config.unique ? ' unique' : ''}${config.where === undefined ? '' : ' partial'}`
      return `${table.name} ${config.name} (${columns.join(', ')})${suffix}`
    }),
  ])
  assert.deepEqual(mirrored.toSorted(), rows.map(({ text }) => text).toSorted())
})

test('the mirror has every sequence that does not belong to a column', async () => {
  const rows = await house.database.query(
    statement<{ readonly name: string }>(
      'test_sequences',
      `SELECT relname AS name FROM pg_class c WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))`,
    ),
  )
  const mirrored = mirror
    .flatMap((page): unknown[] => Object.values(page))
    .flatMap((each) => (isPgSequence(each) ? (each.seqName ?? []) : []))
  assert.deepEqual(mirrored.toSorted(), rows.map(({ name }) => name).toSorted())
})

function typeOf(type: string, dimensions: number): string {
  return type + (type.endsWith(']') ? '' : '[]'.repeat(dimensions))
}

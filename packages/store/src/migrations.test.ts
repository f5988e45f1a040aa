import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pendingMigrations, readMigrations, SchemaMismatch, type Migration } from './migrations.ts'

const step = (number: number, name: string, checksum = name): Migration => {
  return { number, name: `000${number}-${name}`, sql: '', checksum }
}
const known = [step(1, 'one'), step(2, 'two'), step(3, 'three')]

test('the files are numbered without gaps and have the checksum of their text', async () => {
  const migrations = await readMigrations()
  assert.deepEqual(
    migrations.map(({ number }) => number),
    migrations.map((_, index) => index + 1),
  )
  assert.ok(migrations.every(({ checksum }) => /^[0-9a-f]{64}$/.test(checksum)))
})

test('the steps still to take are those after the last one taken', () => {
  assert.deepEqual(pendingMigrations(known, []), known)
  assert.deepEqual(pendingMigrations(known, known.slice(0, 2)), known.slice(2))
  assert.deepEqual(pendingMigrations(known, known), [])
})

test('a database of a newer version is refused in words', () => {
  const newer = [...known, step(4, 'later')]
  assert.throws(
    () => pendingMigrations(known, newer),
    (error) => {
      assert.ok(error instanceof SchemaMismatch)
      assert.match(
        error.message,
        /made by a newer Posthouse.*0004-later.*0003-three.*Start the newer version/,
      )
      return true
    },
  )
})

test('a step that was changed, skipped or slipped in is refused', () => {
  const changed = [known[0], step(2, 'two', 'other')].filter((each) => each !== undefined)
  for (const applied of [changed, known.slice(1), [step(1, 'uno')]]) {
    assert.throws(() => pendingMigrations(known, applied), SchemaMismatch)
  }
})

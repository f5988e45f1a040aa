import assert from 'node:assert/strict'
import { flagsKey, type FlagsKey } from './protocol.ts'

/** RFC 3501 §6.4.6, on sets. */
export function changedFlags(
  before: FlagsKey,
  op: 'set' | 'add' | 'remove',
  names: readonly string[],
): FlagsKey {
  const had = before === '' ? [] : before.split(' ')
  const wanted = names.map((name) => name.toLowerCase())
  if (op === 'set') return flagsKey(wanted)
  if (op === 'add') return flagsKey([...had, ...wanted])
  return flagsKey(had.filter((name) => !wanted.includes(name)))
}

/** Compares two mailboxes' flags by UID: sorted and spelt out only where they differ. */
export function sameFlags(
  found: ReadonlyMap<number, FlagsKey>,
  expected: ReadonlyMap<number, FlagsKey>,
  where: string,
): void {
  const isSame =
    found.size === expected.size && [...found].every(([uid, flags]) => expected.get(uid) === flags)
  if (!isSame) assert.deepEqual(sorted(found), sorted(expected), where)
}

function sorted(rows: ReadonlyMap<number, FlagsKey>): readonly (readonly [number, FlagsKey])[] {
  return [...rows].toSorted(([a], [b]) => a - b)
}

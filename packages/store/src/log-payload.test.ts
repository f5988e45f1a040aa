import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { allBeyond, withSet } from './keyword-sets.ts'
import { packExpunge, packFlagCommands, unpackExpunge, unpackFlagCommands } from './log-payload.ts'

const flagWord = fc.oneof(
  fc.nat(0xffff_ffff),
  fc
    .tuple(fc.nat(0xffff_ffff), fc.array(fc.integer({ min: 27, max: 255 }), { maxLength: 6 }))
    .map(([word, ids]) => withSet(word, ids)),
)
const uids = fc
  .uniqueArray(fc.integer({ min: 1, max: 0xffff_ffff }), { maxLength: 50 })
  .map((values) => Uint32Array.from(values).toSorted())

test('flag commands come back from a log row', () => {
  const remove = fc.oneof(flagWord, fc.constant(allBeyond + 0xffff_fffe))
  const command = fc.record({ remove, add: flagWord, uids }, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(command, { maxLength: 5 }), (commands) => {
      assert.deepEqual(unpackFlagCommands(packFlagCommands(commands)), commands)
    }),
  )
})

test('an expunge comes back with flags and message ids', () => {
  fc.assert(
    fc.property(
      uids,
      fc.infiniteStream(flagWord),
      fc.infiniteStream(fc.nat(2 ** 50)),
      (set, f, m) => {
        const record = {
          uids: set,
          flags: Float64Array.from(set, () => f.next().value ?? 0),
          messageIds: Float64Array.from(set, () => m.next().value ?? 0),
        }
        assert.deepEqual(unpackExpunge(packExpunge(record)), record)
      },
    ),
  )
})

test('marking a whole mailbox takes a handful of octets', () => {
  const all = Uint32Array.from({ length: 50_000 }, (_, i) => i + 1)
  assert.ok(packFlagCommands([{ remove: 0, add: 1, uids: all }]).length < 12)
})

test('keywords beyond the flag word cost nothing where there are none', () => {
  const uid = Uint32Array.of(7)
  const plain = packFlagCommands([{ remove: 0xffff_fffe, add: 1, uids: uid }])
  const all = packFlagCommands([{ remove: 0xffff_fffe + allBeyond, add: 1, uids: uid }])
  assert.equal(all.length - plain.length, 3)
  assert.throws(() => unpackFlagCommands(Buffer.concat([plain, Buffer.of(1)])), RangeError)
})

test('a damaged UID set is refused before it fills the memory', () => {
  const damaged = Buffer.from([1, 0, 0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])
  assert.throws(() => unpackFlagCommands(damaged), RangeError)
})

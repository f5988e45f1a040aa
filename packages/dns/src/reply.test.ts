import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from 'dns-packet'
import fc from 'fast-check'
import { outcomeOf } from './outcome.ts'
import { buildQuery } from './query.ts'
import { readTxt } from './records.ts'
import { readReply } from './reply.ts'

const query = buildQuery({ name: 'a.test', type: 'TXT' }, { edns: true, checkingDisabled: false })

/** A right reply, to be damaged. */
const right = encode({
  type: 'response',
  id: query.id,
  flags: 0x0180,
  questions: [{ name: 'a.test', type: 'TXT' }],
  answers: [
    { name: 'a.test', type: 'CNAME', ttl: 60, data: 'b.test' },
    { name: 'b.test', type: 'TXT', ttl: 0x8000_0000, data: ['one ', 'text'] },
  ],
  authorities: [{ name: 'test', type: 'NS', ttl: 60, data: 'ns.test' }],
})

/** What becomes of octets that come in where the reply is awaited. */
function kindOf(octets: Buffer): string {
  const read = readReply(octets, query)
  return read.kind === 'reply' ? outcomeOf(read.reply, query.question, readTxt).kind : read.kind
}

test('a reply is read, and a TTL with the top bit is none (RFC 2181 §8)', () => {
  const read = readReply(right, query)
  assert.equal(read.kind, 'reply')
  if (read.kind !== 'reply') return
  assert.deepEqual(outcomeOf(read.reply, query.question, readTxt), {
    kind: 'records',
    records: ['one text'],
    isSecure: false,
    ttlSeconds: 0,
  })
})

test('a referral, an error without a question, and a name that points at itself are failures', () => {
  const header = { type: 'response', id: query.id, flags: 0x0100 } as const
  const questions = [{ name: 'a.test', type: 'TXT' }] as const
  const referral = encode({
    ...header,
    questions: [...questions],
    authorities: [{ name: 'test', type: 'NS', ttl: 60, data: 'ns.test' }],
  })
  assert.equal(kindOf(referral), 'temporary')
  const refused = readReply(encode({ ...header, flags: 0x0105 }), query)
  assert.equal(refused.kind === 'reply' && refused.reply.rcode, 5)
  const looping = Buffer.from(right)
  // The first answer's name becomes a pointer to itself.
  const first = 12 + 'a.test'.length + 2 + 4
  looping.writeUInt16BE(0xc000 + first, first)
  assert.equal(kindOf(looping), 'failed')
})

test('what differs in id, direction, opcode or question is not our reply', () => {
  const differently = (change: (octets: Buffer) => unknown) => {
    const octets = Buffer.from(right)
    change(octets)
    return kindOf(octets)
  }
  assert.equal(
    differently((octets) => octets.writeUInt16BE(query.id ^ 1, 0)),
    'foreign',
  )
  assert.equal(
    differently((octets) => octets.writeUInt8(0x01, 2)),
    'foreign',
  )
  assert.equal(
    differently((octets) => octets.writeUInt8(0xa1, 2)),
    'foreign',
  )
  assert.equal(
    differently((octets) => octets.write('x', 13)),
    'foreign',
  )
  assert.equal(
    differently((octets) => octets.write('A', 13)),
    'records',
    'letters have no case',
  )
  assert.equal(
    differently((octets) => octets.writeUInt16BE(1, 12 + 8)),
    'foreign',
    'another type',
  )
  assert.equal(
    differently((octets) => octets.writeUInt16BE(3, 12 + 10)),
    'foreign',
    'another class',
  )
  assert.equal(kindOf(right.subarray(0, 11)), 'foreign')
})

test('no octets make the reader throw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(right.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(right.length),
      fc.uint8Array({ maxLength: 64 }),
      (changes, cut, tail) => {
        const octets = Buffer.concat([right.subarray(0, cut), tail])
        for (const [at, value] of changes) if (at > 1 && at < octets.length) octets[at] = value
        const kinds = [
          'records',
          'nodata',
          'nxdomain',
          'temporary',
          'foreign',
          'truncated',
          'failed',
        ]
        assert.ok(kinds.includes(kindOf(octets)))
      },
    ),
    { numRuns: 5000 },
  )
})

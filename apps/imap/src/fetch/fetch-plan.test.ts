import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cursor, fetchItems } from '@posthouse/imap-wire'
import { planFetch, withStates, type FetchPlan } from './fetch-plan.ts'

function plan(items: string, byUid = false): FetchPlan {
  return planFetch(fetchItems(new Cursor([{ kind: 'line', octets: Buffer.from(items) }])), byUid)
}

interface Row {
  readonly items: string
  readonly facts: readonly string[]
  readonly octets: boolean
  readonly seen: boolean
}

const rows: readonly Row[] = [
  { items: 'FAST', facts: [], octets: false, seen: false },
  { items: 'ALL', facts: ['envelope'], octets: false, seen: false },
  { items: 'FULL', facts: ['envelope', 'body'], octets: false, seen: false },
  { items: 'BODYSTRUCTURE', facts: ['bodyStructure'], octets: false, seen: false },
  { items: 'BODY[]', facts: [], octets: true, seen: true },
  { items: 'RFC822', facts: [], octets: true, seen: true },
  { items: 'BODY.PEEK[]<0.10>', facts: [], octets: true, seen: false },
  { items: 'RFC822.HEADER', facts: ['prefix', 'headerSize', 'header'], octets: false, seen: false },
  { items: 'BODY[HEADER]', facts: ['prefix', 'headerSize', 'header'], octets: false, seen: true },
  { items: 'RFC822.TEXT', facts: ['prefix', 'headerSize'], octets: true, seen: true },
  { items: 'BODY.PEEK[1.2]', facts: ['prefix', 'headerSize', 'parts'], octets: true, seen: false },
]

for (const row of rows) {
  test(`${row.items} reads no more than it needs`, () => {
    const { facts, needsOctets, setsSeen } = plan(row.items)
    assert.deepEqual(facts, row.facts)
    assert.equal(needsOctets, row.octets)
    assert.equal(setsSeen, row.seen)
  })
}

test('UID FETCH tells the UID, once', () => {
  assert.deepEqual(plan('FLAGS', true).items, [
    { kind: 'state', item: 'UID' },
    { kind: 'state', item: 'FLAGS' },
  ])
  assert.equal(plan('(FLAGS UID)', true).items.length, 2)
})

test('what is asked for twice is told once, different slices are different', () => {
  assert.equal(plan('(UID BODY[] UID BODY.PEEK[] FLAGS)').items.length, 3)
  assert.equal(plan('(BODY[]<0.5> BODY[]<0.6> BODY[]<1.5>)').items.length, 3)
})

test('CHANGEDSINCE asks for the MODSEQ, and tells it once', () => {
  const items = fetchItems(new Cursor([{ kind: 'line', octets: Buffer.from('FLAGS') }]))
  const changed = planFetch(items, true, { changedSince: 5 })
  assert.deepEqual(
    changed.items.map((item) => item.kind === 'state' && item.item),
    ['UID', 'FLAGS', 'MODSEQ'],
  )
  assert.ok(changed.tellsModSeq && !plan('FLAGS').tellsModSeq && plan('(MODSEQ)').tellsModSeq)
  assert.equal(withStates(plan('(UID MODSEQ)').items, ['UID', 'FLAGS', 'MODSEQ']).length, 3)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendingSigns } from './sending.ts'
import { reasonToContain, suspicionsOf } from './suspicion.ts'

const quiet: SendingSigns = {
  today: { messages: 10, newRecipients: 3, mostMessages: 1000, mostNewRecipients: 200 },
  ended: 12,
  bounced: 1,
  newNetworks: 0,
  isNewHere: false,
  knownNetworks: 3,
}
const kindsOf = (signs: Partial<SendingSigns>): readonly string[] =>
  suspicionsOf({ ...quiet, ...signs }).map(({ kind }) => kind)
const having = (newRecipients: number, mostNewRecipients = 200) => ({
  today: { ...quiet.today, newRecipients, mostNewRecipients },
})

test('half of the new recipients that an account may have stand out, but never fewer than twenty', () => {
  assert.deepEqual(kindsOf(having(99)), [])
  assert.deepEqual(kindsOf(having(100)), ['volume'])
  assert.deepEqual(kindsOf(having(19, 5)), [])
  assert.deepEqual(kindsOf(having(20, 5)), ['volume'])
})

test('recipients that refuse stand out by their share, and by their number', () => {
  assert.deepEqual(kindsOf({ ended: 19, bounced: 19 }), [])
  assert.deepEqual(kindsOf({ ended: 20, bounced: 20 }), ['bounces'])
  assert.deepEqual(kindsOf({ ended: 1000, bounced: 299 }), [])
  assert.deepEqual(kindsOf({ ended: 1000, bounced: 300 }), ['bounces'])
})

test('a place never seen stands out where others were seen before', () => {
  assert.deepEqual(kindsOf({ isNewHere: true, newNetworks: 1 }), ['places'])
  assert.deepEqual(kindsOf({ isNewHere: true, newNetworks: 1, knownNetworks: 0 }), [])
  assert.deepEqual(kindsOf({ newNetworks: 4 }), [])
  assert.deepEqual(kindsOf({ newNetworks: 5 }), ['places'])
})

test('one kind of sign is no suspicion, two are, and the reason names them', () => {
  assert.equal(reasonToContain({ ...quiet, ...having(200) }), undefined)
  assert.equal(reasonToContain({ ...quiet, ended: 50, bounced: 50 }), undefined)
  assert.equal(reasonToContain({ ...quiet, isNewHere: true, newNetworks: 9 }), undefined)
  assert.equal(
    reasonToContain({ ...quiet, ...having(150), isNewHere: true, newNetworks: 1 }),
    'it wrote to 150 new recipients in a day; it was used from a network for the first time',
  )
  assert.equal(
    reasonToContain({ ...quiet, ...having(150), ended: 40, bounced: 30 }),
    'it wrote to 150 new recipients in a day; 30 of 40 recipients do not exist or refuse',
  )
})

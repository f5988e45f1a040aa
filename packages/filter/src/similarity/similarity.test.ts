import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authentication, examined, letter, sample, symbols } from '../sample-message.fixture.ts'
import type { SimilarNote, SimilarStore } from './similar-store.ts'
import { similarityStage } from './similarity-stage.ts'
import { sketchesOf } from './sketches.ts'

/** A similar store in memory, which forgets nothing. */
function memoryOfSimilar(): SimilarStore & { readonly notes: SimilarNote[] } {
  const notes: SimilarNote[] = []
  return {
    notes,
    since(sketches) {
      const sums = new Map<number, { seen: number; spam: number }>()
      for (const { sketch, seen, spam } of notes) {
        if (!sketches.includes(sketch)) continue
        const old = sums.get(sketch) ?? { seen: 0, spam: 0 }
        sums.set(sketch, { seen: old.seen + seen, spam: old.spam + spam })
      }
      return Promise.resolve(sums)
    },
    add(more) {
      notes.push(...more)
      return Promise.resolve()
    },
  }
}

const offer =
  'Dear friend we are happy to tell you that our company offers loans to everybody who asks for one without any ' +
  'questions about your income or your former debts so please write back to our office today and we will send the money'

function copy(n: number): Buffer {
  const varied = `${offer} to account ${n * 7919} at http://x${n}.example/${n}`
  return letter({ Subject: `Loan ${n}` }, `${n % 2 === 0 ? varied.toUpperCase() : varied}\n`)
}

test('copies that differ in numbers, links and capitals have the same sketches', () => {
  assert.deepEqual(sketchesOf(sample(copy(1)).text), sketchesOf(sample(copy(2)).text))
})

test('other texts share none, and a changed sentence leaves most', () => {
  const own = sketchesOf(sample(copy(1)).text)
  const other = sketchesOf(sample(letter({}, offer.split(' ').toReversed().join(' '))).text)
  assert.equal(own.filter((sketch, i) => sketch === other[i]).length, 0)
  assert.deepEqual(sketchesOf(sample(letter()).text), [], 'a short letter has none')
})

test('a wave of copies that nobody vouches for is noticed, in one process before it is written', async () => {
  const stage = similarityStage(memoryOfSimilar())
  for (let n = 0; n < 15; n++) assert.deepEqual(symbols(await examined(stage, copy(n))), [])
  assert.deepEqual(symbols(await examined(stage, copy(16))), ['MANY_ALIKE'])
  await stage.close?.()
})

const dkim = [
  {
    result: 'pass',
    domain: 'elsewhere.example',
    selector: 's',
    identity: '@elsewhere.example',
    algorithm: 'rsa-sha256',
    signature: 'x',
    isTesting: false,
    unsignedOctets: 0,
    because: 'for the test',
  },
] as const
/** Somebody vouches for it. */
const signed = { authentication: Promise.resolve(authentication({ dkim })) }

test('a newsletter that is signed may be sent to all', async () => {
  const stage = similarityStage(memoryOfSimilar())
  for (let n = 0; n < 30; n++) assert.deepEqual(symbols(await examined(stage, copy(n), signed)), [])
  await stage.close?.()
})

test('a signed letter whose copies were spam is told, and not marked for it', async () => {
  const stage = similarityStage(memoryOfSimilar())
  for (let n = 0; n < 20; n++) stage.noteSpam(sample(copy(n)))
  const points = async (proof?: typeof signed) =>
    (await examined(stage, copy(99), proof)).findings[0]?.points
  assert.equal(await points(), 5)
  assert.equal(await points(signed), 2)
  await stage.close?.()
})

test('what is like spam that left no doubt is told by it, also by other processes', async () => {
  const store = memoryOfSimilar()
  const first = similarityStage(store)
  first.noteSpam(sample(copy(1)))
  first.noteSpam(sample(copy(2)))
  await first.close?.()
  assert.equal(store.notes.length, 4)
  const second = similarityStage(store)
  assert.deepEqual(symbols(await examined(second, copy(3))), ['SIMILAR_TO_SPAM'])
  await second.close?.()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter, sample } from '../sample-message.fixture.ts'
import { Classifier } from './classifier.ts'
import { MemoryTokenStore } from './memory-token-store.ts'
import { Reviewer } from './reviewer.ts'
import type { KeptLesson } from './token-store.ts'

/** Notes whose lessons are looked at. */
class WatchedStore extends MemoryTokenStore {
  readonly looks: (string | undefined)[] = []

  override rehearsal(
    account: string | undefined,
    isSpam: boolean | undefined,
    from: number,
  ): Promise<KeptLesson | undefined> {
    this.looks.push(account)
    return super.rehearsal(account, isSpam, from)
  }
}

async function taught(): Promise<WatchedStore> {
  const store = new WatchedStore()
  const classifier = new Classifier(store)
  for (let n = 0; n < 5; n++) {
    const message = sample(letter({ Subject: `Letter ${n}` }, `words ${n}\n`))
    for (const account of ['ada', 'bob']) await classifier.learn(message, n % 2 === 0, account)
  }
  store.looks.length = 0
  return store
}

test('who taught nothing is not looked at, and a round ends when all lessons were', async () => {
  const store = await taught()
  const reviewer = new Reviewer(store)
  assert.equal(await reviewer.step(), false)
  assert.deepEqual(store.looks, [])
  reviewer.noteLesson('ada')
  assert.equal(await reviewer.step(3), true)
  assert.equal(await reviewer.step(3), false)
  assert.deepEqual(
    store.looks,
    Array.from({ length: 6 }, () => 'ada'),
  )
  assert.equal(await reviewer.step(3), false)
})

test('teachers take turns, and who teaches during a round has one more', async () => {
  const store = await taught()
  const reviewer = new Reviewer(store)
  reviewer.noteLesson('ada')
  reviewer.noteLesson('bob')
  reviewer.noteLesson('ada')
  for (let n = 0; n < 2; n++) await reviewer.step(3)
  assert.deepEqual(store.looks, ['ada', 'ada', 'ada', 'bob', 'bob', 'bob'])
  while (await reviewer.step(3));
  assert.equal(store.looks.filter((who) => who === 'ada').length, 12)
  assert.equal(store.looks.filter((who) => who === 'bob').length, 6)
})

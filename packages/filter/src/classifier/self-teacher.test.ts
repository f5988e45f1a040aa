import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FilterMessage } from '../filter-message.ts'
import type { Fame, ReputationStore } from '../reputation/reputation-store.ts'
import { letter, sample } from '../sample-message.fixture.ts'
import type { Finding } from '../stage.ts'
import type { FilterVerdict } from '../verdict.ts'
import { Classifier } from './classifier.ts'
import { MemoryTokenStore } from './memory-token-store.ts'
import { SelfTeacher } from './self-teacher.ts'

/** What was noted of senders, as text. */
class NotedReputation implements ReputationStore {
  readonly notes: string[] = []

  fame(): Promise<ReadonlyMap<string, Fame>> {
    return Promise.resolve(new Map<string, Fame>())
  }

  note(subjects: readonly string[], isSpam: boolean, account: string | undefined): Promise<void> {
    this.notes.push(`${account ?? 'all'} ${isSpam ? 'spam' : 'ham'} ${subjects.join(' ')}`)
    return Promise.resolve()
  }

  correspondents(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set<string>())
  }
}

function verdict(
  ...findings: readonly (readonly [symbol: string, points: number])[]
): FilterVerdict {
  const list: readonly Finding[] = findings.map(([symbol, points]) => ({
    symbol,
    points,
    reason: 'for the test',
  }))
  const points = list.reduce((sum, each) => sum + each.points, 0)
  return { action: 'deliver', points, junkAt: 6, findings: list, stages: [] }
}

function house(perDay = 10) {
  const tokens = new MemoryTokenStore()
  const reputation = new NotedReputation()
  const similar: FilterMessage[] = []
  const noteSpam = (message: FilterMessage) => void similar.push(message)
  const teacher = new SelfTeacher({ tokens, reputation }, { noteSpam }, { perDay })
  return { tokens, reputation, similar, teacher }
}

const grave = [
  ['LINK_WITH_USERINFO', 6],
  ['DMARC_FAIL', 5],
] as const

test('what the other stages have no doubt about is learnt, by the house, and told to who counts similar messages', async () => {
  const { teacher, similar, tokens } = house()
  const message = sample()
  assert.equal(await teacher.consider(message, verdict(...grave)), 'spam')
  assert.deepEqual(similar, [message])
  assert.ok((await new Classifier(tokens).classify(message, 'anybody')).telling.length > 0)
})

test('what was learnt is no ground for learning more', async () => {
  const { teacher, tokens } = house()
  const learnt = verdict(['BAYES_SPAM_99', 9], ['SENDER_JUNKED', 5], ['SIMILAR_TO_SPAM', 5])
  assert.equal(await teacher.consider(sample(), learnt), undefined)
  assert.equal(tokens.size, 0)
})

test('the string that tests filters teaches nothing, whatever else speaks against its message', async () => {
  const { teacher, tokens, similar } = house()
  const message = sample()
  assert.equal(await teacher.consider(message, verdict(['GTUBE', 1_000], ...grave)), undefined)
  assert.deepEqual([tokens.size, similar], [0, []])
})

test('a correspondent’s letter that nothing speaks against is ham, and no other', async () => {
  const { teacher } = house()
  assert.equal(await teacher.consider(sample(), verdict()), undefined)
  assert.equal(await teacher.consider(sample(), verdict(['CORRESPONDENT', -3])), 'ham')
  const doubtful = verdict(['CORRESPONDENT', -3], ['LINK_WITH_USERINFO', 2.5])
  assert.equal(await teacher.consider(sample(letter({ Subject: 'Other' })), doubtful), undefined)
})

test('a flood teaches no more than a day may', async () => {
  const { teacher } = house(3)
  const learnt: (string | undefined)[] = []
  for (let n = 0; n < 5; n++) {
    const message = sample(letter({ Subject: `Flood ${n}` }))
    learnt.push(await teacher.consider(message, verdict(...grave)))
  }
  assert.deepEqual(learnt, ['spam', 'spam', 'spam', undefined, undefined])
  const tomorrow = sample(letter({ Subject: 'Flood 9' }), {
    receivedAt: new Date('2026-03-02T12:00:00Z'),
  })
  assert.equal(await teacher.consider(tomorrow, verdict(...grave)), 'spam')
})

test('what goes out and what carries a virus is not learnt from', async () => {
  const { teacher } = house()
  const out = sample(letter(), { direction: 'outbound' })
  assert.equal(await teacher.consider(out, verdict(...grave)), undefined)
  const ill: FilterVerdict = { ...verdict(...grave), reason: 'virus' }
  assert.equal(await teacher.consider(sample(), ill), undefined)
})

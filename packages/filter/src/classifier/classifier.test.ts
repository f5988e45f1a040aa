import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letter, sample } from '../sample-message.fixture.ts'
import type { FilterMessage } from '../filter-message.ts'
import { Classifier } from './classifier.ts'
import { classifierStage } from './classifier-stage.ts'
import { MemoryTokenStore } from './memory-token-store.ts'
import { tokensOf } from './tokenize.ts'

const hamWords =
  'meeting minutes compiler branch patch review tests kernel release notes thanks agenda'.split(' ')
const spamWords =
  'winner prize claim viagra mortgage unsubscribe guarantee cash bonus casino credit pills'.split(
    ' ',
  )
const plainWords =
  'the a of to and in that it was for on are with they be at one have this from'.split(' ')

/** A letter of words of its kind among plain ones, made by a program of its kind; the same number gives the same letter. */
function written(
  kind: 'spam' | 'ham',
  n: number,
  more = '',
  mailer = kind === 'spam' ? 'Mass Sender' : 'Letter Writer',
): FilterMessage {
  const own = kind === 'spam' ? spamWords : hamWords
  const words = Array.from({ length: 40 }, (_, i) => {
    return i % 3 === 0
      ? own[(n * 7 + i * 5) % own.length]
      : plainWords[(n * 3 + i * 11) % plainWords.length]
  })
  const subject = `${own[n % own.length]} ${n}`
  return sample(
    letter(
      { Subject: subject, 'Message-ID': `<${n}@x.example>`, 'X-Mailer': mailer },
      `${words.join(' ')} ${more}\n`,
    ),
  )
}

/** By their manner these are never told apart. */
function alike(kind: 'spam' | 'ham', n: number): FilterMessage {
  return written(kind, n, '', 'Letter Writer')
}

async function teach(classifier: Classifier, count: number, account?: string): Promise<void> {
  for (let n = 0; n < count; n++) {
    await classifier.learn(written('spam', n), true, account)
    await classifier.learn(written('ham', n), false, account)
  }
}

/** Everything that a view of these tokens shows. */
async function seen(store: MemoryTokenStore, messages: readonly FilterMessage[], account?: string) {
  const tokens = messages.flatMap((message) => {
    const { content, manner } = tokensOf(message)
    return [...content.hashes, ...manner.hashes]
  })
  return store.recall(tokens, account)
}

test('what was taught tells spam from ham that it has not seen', async () => {
  const classifier = new Classifier(new MemoryTokenStore())
  await teach(classifier, 30)
  for (let n = 100; n < 110; n++) {
    const { chance } = await classifier.classify(written('spam', n), undefined)
    assert.ok(chance > 0.8, `${chance}`)
    assert.ok((await classifier.classify(written('ham', n), undefined)).chance < 0.1)
  }
})

test('the order of lessons does not matter much: all spam first, then all ham', async () => {
  const classifier = new Classifier(new MemoryTokenStore())
  for (let n = 0; n < 60; n++) await classifier.learn(written('spam', n), true, undefined)
  for (let n = 0; n < 60; n++) await classifier.learn(written('ham', n), false, undefined)
  for (let n = 100; n < 110; n++) {
    const spam = await classifier.classify(written('spam', n), undefined)
    const ham = await classifier.classify(written('ham', n), undefined)
    assert.ok(spam.chance > 0.5, `${spam.chance}`)
    assert.ok(ham.chance < 0.2, `${ham.chance}`)
  }
})

test('it says nothing before it has seen both kinds', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  const stage = classifierStage(store)
  const { signal } = new AbortController()
  for (let n = 200; n < 205; n++) await classifier.learn(written('spam', n), true, undefined)
  assert.deepEqual(await stage.examine(written('spam', 50), signal), { findings: [] })
  await teach(classifier, 30)
  const { findings } = await stage.examine(written('spam', 50), signal)
  assert.match(findings[0]?.symbol ?? '', /^BAYES_SPAM_/)
  assert.match(findings[0]?.reason ?? '', /^like spam to [\d.]+ %: "[^"]+" [+-]/)
  assert.equal(findings[0]?.reason.match(/"/g)?.length, 10, 'five tokens')
})

test('a message that is taught twice is learnt once', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  const message = written('spam', 1)
  assert.equal(await classifier.learn(message, true, 'ada'), 'learnt')
  const once = await seen(store, [message], 'ada')
  assert.equal(await classifier.learn(message, true, 'ada'), 'known')
  assert.deepEqual(await seen(store, [message], 'ada'), once)
})

test('a message that is taught the other way is as if it had been taught so at first', async () => {
  const [turned, straight] = [new MemoryTokenStore(), new MemoryTokenStore()]
  const message = written('spam', 1)
  await new Classifier(turned).learn(message, true, 'ada')
  await new Classifier(turned).learn(message, false, 'ada')
  await new Classifier(straight).learn(message, false, 'ada')
  assert.deepEqual(await seen(turned, [message], 'ada'), await seen(straight, [message], 'ada'))
})

test('whatever was taught, forgotten in any order it leaves nothing behind', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  const taught: (readonly [FilterMessage, string | undefined])[] = []
  for (let n = 0; n < 12; n++) {
    const message = written(n % 2 === 0 ? 'spam' : 'ham', n)
    const account = [undefined, 'ada', 'bob'][n % 3]
    await classifier.learn(message, n % 2 === 0, account)
    taught.push([message, account])
  }
  assert.ok(store.size > 100)
  for (const [message, account] of taught.toReversed()) await classifier.forget(message, account)
  assert.equal(store.size, 0)
})

test('a lesson is taken back by the words it was learnt by, whoever looks at its message then', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  const recipients = [{ address: 'ada+elsewhere@example.test' }]
  await classifier.learn(sample(letter(), { recipients }), false, undefined)
  await classifier.forget(sample(letter(), { recipients: [] }), undefined)
  assert.equal(store.size, 0)
})

test('a review makes good what was learnt by who knew nothing yet, and comes to an end with what cannot be told apart', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store, () => 0)
  for (let n = 0; n < 60; n++) await classifier.learn(alike('spam', n), true, 'ada')
  for (let n = 0; n < 60; n++) await classifier.learn(alike('ham', n), false, 'ada')
  const surest = async () => {
    const spam = await classifier.classify(alike('spam', 100), 'ada')
    const ham = await classifier.classify(alike('ham', 100), 'ada')
    return spam.score - ham.score
  }
  const before = await surest()
  let from: number | undefined = 0
  let steps = 0
  for (; from !== undefined; steps++) from = await classifier.review('ada', from, 50)
  assert.equal(steps, 3)
  assert.ok((await surest()) > before, `${await surest()} after ${before}`)
  const all = Array.from({ length: 60 }, (_, n) => [alike('spam', n), alike('ham', n)]).flat()
  for (let round = 0; round < 30; round++) await classifier.review('ada', 0, Infinity)
  const known = await seen(store, all, 'ada')
  await classifier.review('ada', 0, Infinity)
  assert.deepEqual(await seen(store, all, 'ada'), known)
  for (const each of all) await classifier.forget(each, 'ada')
  assert.equal(store.size, 0)
})

test('what one account calls spam is spam for itself at once, and for others only when more accounts agree', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  await teach(classifier, 30)
  const message = written(
    'ham',
    500,
    'newsletter weekly bicycle saddle wheels pedal chain brake gear frame'.repeat(3),
  )
  const chance = async (account: string) => (await classifier.classify(message, account)).chance
  const before = await chance('bob')
  await classifier.learn(message, true, 'ada')
  assert.ok((await chance('ada')) > 0.5)
  assert.ok(Math.abs((await chance('bob')) - before) < 0.05)
  for (const account of ['cem', 'dan', 'eve']) await classifier.learn(message, true, account)
  assert.ok((await chance('bob')) > before + 0.2, `${await chance('bob')} after ${before}`)
})

test('an account that teaches hundreds of letters wrongly does not turn the verdict of others', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  await teach(classifier, 40)
  const watched = Array.from({ length: 20 }, (_, i) => written('ham', 900 + i))
  const chances = () =>
    Promise.all(watched.map(async (each) => (await classifier.classify(each, 'bob')).chance))
  assert.ok(Math.max(...(await chances())) < 0.1)
  for (let n = 0; n < 300; n++) await classifier.learn(written('ham', 100 + n), true, 'mallory')
  for (let n = 0; n < 300; n++) await classifier.learn(written('spam', 100 + n), false, 'mallory')
  assert.ok(Math.max(...(await chances())) < 0.5, `${Math.max(...(await chances()))}`)
  const spam = await classifier.classify(written('spam', 900), 'bob')
  assert.ok(spam.chance > 0.5, `${spam.chance}`)
})

test('a message for several accounts is seen as the installation sees it', async () => {
  const store = new MemoryTokenStore()
  const classifier = new Classifier(store)
  await teach(classifier, 30)
  const text = written('ham', 700).octets
  const to = (...accounts: readonly string[]) =>
    sample(text, {
      recipients: accounts.map((account) => ({ address: `${account}@example.test`, account })),
    })
  await classifier.learn(to('ada'), true, 'ada')
  const stage = classifierStage(store)
  const points = async (message: FilterMessage) =>
    (await stage.examine(message, new AbortController().signal)).findings[0]?.points ?? 0
  assert.ok((await points(to('ada'))) > 0)
  assert.ok((await points(to('ada', 'bob'))) < 0)
  assert.ok((await points(to('bob'))) < 0)
})

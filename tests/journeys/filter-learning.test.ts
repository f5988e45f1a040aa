import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { Secret } from '@posthouse/config'
import {
  Classifier,
  filterMessage,
  MemoryTokenStore,
  reputationStage,
  trainPending,
  type FilterMessage,
} from '@posthouse/filter'
import { computeFacts } from '@posthouse/message'
import {
  migrate,
  newUuid,
  openStore,
  uuidToBase32,
  type AccountId,
  type Store,
} from '@posthouse/store'
import { freshDatabase, randomMail, testActor, type FreshDatabase } from '@posthouse/testkit'
import { seededRandom } from '../bench/seeded.ts'

let fresh: FreshDatabase
let store: Store
// Each test has a memory of its own: lessons of any account count towards what all have seen.
beforeEach(async () => {
  fresh = await freshDatabase()
  await migrate(fresh.url)
  store = await openStore({ database: fresh.url, app: 'test', unsafe: true })
  await store.domains.create('example.test', testActor)
})
afterEach(async () => {
  assert.deepEqual(await store.check(), [])
  await store.close()
  await fresh.drop()
})

async function newAccount(name: string): Promise<AccountId> {
  const request = { address: `${name}@example.test`, password: new Secret('analytical') }
  const made = await store.accounts.create(request, testActor)
  assert.ok(made.ok)
  return made.account.id
}

function letter(n: number): Buffer {
  const text = `Dear reader, the saddle number ${n} of our bicycle shop waits for you, with bell and lamp.\r\n`
  return Buffer.from(
    `From: Shop <news@shop.example>\r\nTo: reader@example.test\r\nSubject: Saddles ${n}\r\nMessage-ID: <${n}@shop.example>\r\n\r\n${text}`,
  )
}

function seen(octets: Buffer, account: string): FilterMessage {
  return filterMessage({
    queueId: uuidToBase32(newUuid()),
    direction: 'inbound',
    octets,
    sender: 'news@shop.example',
    recipients: [{ address: 'reader@example.test', account }],
    client: { address: '192.0.2.1', helo: 'shop.example', isTls: false },
    ourDomains: ['example.test'],
    authentication: Promise.resolve(nobody),
    receivedAt: new Date(),
  })
}

/** Nothing vouches for the sender. */
const nobody = {
  input: {
    address: '192.0.2.1',
    helo: 'shop.example',
    mailFrom: 'news@shop.example',
    at: new Date(),
  },
  spf: {
    helo: { result: 'none', identity: 'helo', domain: '', because: '' },
    mailFrom: { result: 'none', identity: 'mailfrom', domain: '', because: '' },
  },
  dkim: [],
  dmarc: { result: 'none', domain: '', policy: 'none', isTesting: false, aligned: [], because: '' },
  arc: { result: 'none', sealers: [], isTrusted: false, because: '' },
  reverse: { result: 'fail', because: '' },
  authenticated: [],
  evidence: [],
} as const

async function learnAll(): Promise<number> {
  let done = 0
  for (;;) {
    const now = await trainPending(store.learning.training, store.learning)
    done += now
    if (now === 0) return done
  }
}

test('a message moved into Junk and back is learnt from both times, for its owner alone', async () => {
  const [ada, bob] = [await newAccount('ada'), await newAccount('bob')]
  const octets = letter(1)
  const { copies } = await store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [{ account: ada, prefix: Buffer.alloc(0), mailbox: 'INBOX', flags: [] }],
  })
  const boxes = await store.mailboxes(ada).list()
  const idOf = (name: string) => {
    const found = boxes.find((box) => box.name === name)
    assert.ok(found)
    return found.id
  }
  const symbols = async (account: string) => {
    const stage = reputationStage(store.learning.reputation)
    const { findings } = await stage.examine(seen(letter(2), account), new AbortController().signal)
    return findings.map(({ symbol }) => symbol)
  }
  /** What the most telling word says: above 0 for spam; 0: nothing is known. */
  const lean = async (account: string) => {
    const classifier = new Classifier(store.learning.tokens)
    const { telling } = await classifier.classify(seen(letter(2), account), account)
    return telling[0]?.[1] ?? 0
  }

  const inbox = await store.open(ada, idOf('INBOX'), { readOnly: false })
  assert.ok(inbox)
  const [copy] = copies
  assert.ok(copy?.kind === 'delivered')
  const moved = await inbox.move([copy.uid], idOf('Junk'))
  assert.ok(moved.ok)
  assert.equal(await learnAll(), 1)
  assert.deepEqual(await symbols(ada), ['SENDER_JUNKED'])
  assert.deepEqual(await symbols(bob), [])
  assert.ok((await lean(ada)) > 0)
  assert.equal(await lean(bob), 0)

  const junk = await store.open(ada, idOf('Junk'), { readOnly: false })
  assert.ok(junk)
  await junk.move(
    moved.pairs.map(([, there]) => there),
    inbox.mailbox,
  )
  assert.equal(await learnAll(), 1)
  assert.deepEqual(await symbols(ada), [])
  assert.ok((await lean(ada)) < 0)
  inbox.close()
  junk.close()
})

test('Postgres remembers what memory does, whoever teaches what and takes it back', async (t) => {
  const seed = Number(process.env['POSTHOUSE_SEED'] ?? Date.now() % 1e9)
  t.diagnostic(`seed ${seed}`)
  const random = seededRandom(seed)
  const below = (n: number): number => Math.floor(random() * n)
  const accounts = [undefined, newUuid(), newUuid(), newUuid(), newUuid()]
  const mail = Array.from({ length: 12 }, (_, n) => seen(randomMail(below, n), 'x'))
  const kept = new Classifier(store.learning.tokens, seededRandom(seed))
  const memory = new Classifier(new MemoryTokenStore(), seededRandom(seed))
  for (let step = 0; step < 150; step++) {
    const account = accounts[below(accounts.length)]
    const message = mail[below(mail.length)]
    assert.ok(message)
    if (below(5) === 0) {
      await Promise.all([kept.forget(message, account), memory.forget(message, account)])
      continue
    }
    const isSpam = below(2) === 0
    const taught = await kept.learn(message, isSpam, account)
    assert.equal(taught, await memory.learn(message, isSpam, account), `step ${step}`)
  }
  for (const account of accounts) {
    for (const message of mail) {
      const { score } = await kept.classify(message, account)
      const other = await memory.classify(message, account)
      assert.ok(Math.abs(score - other.score) < 1e-6, `${score} and ${other.score}`)
    }
  }
})

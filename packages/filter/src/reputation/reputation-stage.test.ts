import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authentication, examined, letter, symbols } from '../sample-message.fixture.ts'
import type { Fame, ReputationStore } from './reputation-store.ts'
import { reputationStage } from './reputation-stage.ts'
import { vouchedIn } from './sender-subjects.ts'

const everybody = ''

/** Reputation in memory, that never halves. */
class MemoryReputation implements ReputationStore {
  readonly #fame = new Map<string, Fame>()
  readonly #written = new Set<string>()

  fame(
    subjects: readonly string[],
    account: string | undefined,
  ): Promise<ReadonlyMap<string, Fame>> {
    const found = new Map<string, Fame>()
    for (const subject of subjects) {
      const fame = this.#fame.get(`${account ?? everybody} ${subject}`)
      if (fame !== undefined) found.set(subject, fame)
    }
    return Promise.resolve(found)
  }

  note(subjects: readonly string[], isSpam: boolean, account: string | undefined): Promise<void> {
    for (const subject of subjects) {
      const key = `${account ?? everybody} ${subject}`
      const { spam, ham } = this.#fame.get(key) ?? { spam: 0, ham: 0 }
      this.#fame.set(key, { spam: spam + Number(isSpam), ham: ham + Number(!isSpam) })
    }
    return Promise.resolve()
  }

  correspondents(accounts: readonly string[], address: string): Promise<ReadonlySet<string>> {
    return Promise.resolve(
      new Set(accounts.filter((account) => this.#written.has(`${account} ${address}`))),
    )
  }

  wrote(account: string, address: string): void {
    this.#written.add(`${account} ${address}`)
  }
}

const signature = {
  result: 'pass',
  domain: 'elsewhere.example',
  selector: 's',
  identity: '@elsewhere.example',
  algorithm: 'rsa-sha256',
  signature: 'x',
  isTesting: false,
  unsignedOctets: 0,
  because: 'for the test',
} as const
const signed = {
  authentication: Promise.resolve(
    authentication({ dkim: [signature], authenticated: ['elsewhere.example'] }),
  ),
}
const grace = 'grace@elsewhere.example'

test('a correspondent is welcome where his signature proves him, and nobody in his name', async () => {
  const store = new MemoryReputation()
  store.wrote('1', grace)
  const stage = reputationStage(store)
  assert.deepEqual(symbols(await examined(stage, letter(), signed)), ['CORRESPONDENT'])
  assert.deepEqual(symbols(await examined(stage, letter())), [])
  const both = [
    { address: 'ada@example.test', account: '1' },
    { address: 'bob@example.test', account: '2' },
  ]
  assert.deepEqual(symbols(await examined(stage, letter(), { ...signed, recipients: both })), [])
})

test('who was moved to Junk is told by it, signed or not, and only for who did it', async () => {
  const store = new MemoryReputation()
  await store.note([`u:${grace}`, `a:${grace}`], true, '1')
  const stage = reputationStage(store)
  assert.deepEqual(symbols(await examined(stage, letter())), ['SENDER_JUNKED'])
  assert.deepEqual(symbols(await examined(stage, letter(), signed)), ['SENDER_JUNKED'])
  const other = { recipients: [{ address: 'bob@example.test', account: '2' }] }
  assert.deepEqual(symbols(await examined(stage, letter(), other)), [])
  await store.note([`u:${grace}`, `a:${grace}`], false, '1')
  assert.deepEqual(symbols(await examined(stage, letter())), [])
})

test('said three times of a proven address it is enough for Junk; of a shared domain it never is', async () => {
  const store = new MemoryReputation()
  const stage = reputationStage(store)
  const points = async (proof?: typeof signed) =>
    (await examined(stage, letter(), proof)).findings[0]?.points ?? 0
  for (let n = 0; n < 3; n++) await store.note([`u:${grace}`, 'd:elsewhere.example'], true, '1')
  assert.equal(await points(), 5)
  assert.equal(await points(signed), 2)
  for (let n = 0; n < 3; n++) await store.note([`a:${grace}`], true, '1')
  assert.ok((await points(signed)) > 6)
})

test('being taken out of Junk helps a signed sender, and nobody who only bears his name', async () => {
  const store = new MemoryReputation()
  await store.note([`u:${grace}`, `a:${grace}`], false, '1')
  const stage = reputationStage(store)
  assert.deepEqual(symbols(await examined(stage, letter(), signed)), ['SENDER_WANTED'])
  assert.deepEqual(symbols(await examined(stage, letter())), [])
})

test('a domain’s name among all grows with what is known of it', async () => {
  const store = new MemoryReputation()
  const stage = reputationStage(store)
  const points = async () => (await examined(stage, letter(), signed)).findings[0]?.points ?? 0
  for (let n = 0; n < 5; n++) await store.note(['d:elsewhere.example'], true, undefined)
  const few = await points()
  for (let n = 0; n < 50; n++) await store.note(['d:elsewhere.example'], true, undefined)
  assert.ok(few > 0 && (await points()) > few)
  for (let n = 0; n < 500; n++) await store.note(['d:elsewhere.example'], false, undefined)
  assert.ok((await points()) < 0)
})

test('what was proven of a sender is read back from our own field', () => {
  const prefix = Buffer.from(
    'Received: by us; dkim=pass header.d=no.example\r\n' +
      'Authentication-Results: mx.example.test;\r\n dkim=pass header.d=Shop.example header.s=a;\r\n' +
      ' dkim=fail header.d=bad.example;\r\n spf=pass smtp.mailfrom=other.example\r\n',
  )
  assert.deepEqual(vouchedIn(prefix), ['shop.example'])
})

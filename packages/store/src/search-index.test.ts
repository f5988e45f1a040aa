import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodyTexts, computeFacts, foldText, searchedFields } from '@posthouse/message'
import { randomMail, randomPhrase } from '@posthouse/testkit'
import { uid, type AccountId, type Uid } from './ids.ts'
import { verdict } from './search-dictionary.ts'
import { checkpointUnopened } from './keeper.ts'
import { purgeStep, purgeTasks } from './purge.ts'
import { searchTasks } from './search-catch-up.ts'
import { indexedFields, keptFieldCharacters, type IndexedField } from './search-fields.ts'
import { SearchIndexer } from './search-indexer.ts'
import { messageCharacters, segmentMessages } from './search-segment.ts'
import { segmentPlaces } from './search-rows.ts'
import { wordQuery } from './search-words.ts'
import { tupleStatement } from './statement.ts'
import {
  deliveryTo,
  idOf,
  messageNamed,
  openByName,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'
import { randomFrom, type Random } from './testing/random.ts'

const prefix = Buffer.from('Return-Path: <>\r\n')

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse()
})
after(() => house.close())

async function fill(account: AccountId, messages: readonly Buffer[]): Promise<void> {
  for (let at = 0; at < messages.length; at += 50) {
    const group = messages.slice(at, at + 50)
    await Promise.all(group.map((octets) => house.store.deliver(deliveryTo(account, octets))))
  }
}

function indexer(): SearchIndexer {
  return new SearchIndexer(house.database)
}

/** What a plain scan looks at: in the header line by line. */
function scanned(octets: Buffer): Readonly<Record<IndexedField, readonly string[]>> {
  const facts = computeFacts(octets)
  const header = Buffer.concat([prefix, octets.subarray(0, facts.headerSize)])
  return {
    from: [foldText(facts.from)],
    to: [foldText(facts.to)],
    cc: [foldText(facts.cc)],
    bcc: [foldText(facts.bcc)],
    subject: [foldText(facts.subject)],
    header: searchedFields(header).map(({ name, value }) => `${name}: ${value}`),
    body: [[...bodyTexts(octets)].join('\n')],
  }
}

/** A piece of what is there, or words that may not be. */
function needleFrom(random: Random, texts: readonly string[]): string {
  const text = texts[random(texts.length)] ?? ''
  if (text === '' || random(5) === 0) return foldText(randomPhrase(random, 1 + random(2)))
  const start = random(text.length)
  return foldText(text.slice(start, start + 1 + random(12)).toWellFormed())
}

test('the index never says what a plain scan would not say', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const random = randomFrom(seed)
  const account = await house.newAccount()
  await fill(
    account,
    Array.from({ length: 300 }, (_, n) => randomMail(random, n)),
  )
  const inbox = await openByName(house.store, account, 'INBOX')
  assert.equal(await indexer().index(account, inbox.mailbox), 300)
  const uids = Array.from({ length: inbox.state.size }, (_, i) => inbox.state.uidAt(i))
  const texts = new Map<Uid, ReturnType<typeof scanned>>()
  for await (const { uid: each, octets } of inbox.bodies(uids)) {
    texts.set(each, scanned(octets.subarray(prefix.length)))
  }
  const terms = Array.from({ length: 400 }, () => {
    const field = indexedFields[random(indexedFields.length)] ?? 'body'
    const some = texts.get(uids[random(uids.length)] ?? uid(0))?.[field] ?? []
    return { field, text: needleFrom(random, some) }
  }).filter(({ text }) => text !== '')
  const lookup = await inbox.lookUp(terms)
  assert.ok(lookup)
  const verdicts = await lookup.verdicts(uids)
  let decided = 0
  for (const [t, { field, text }] of terms.entries()) {
    for (const [i, each] of uids.entries()) {
      const isThere = texts.get(each)?.[field].some((one) => one.includes(text)) ?? false
      const said = verdicts[t]?.[i] ?? verdict.unknown
      const about = `seed ${seed}: ${field} ${JSON.stringify(text)} in ${each}`
      if (said === verdict.yes) assert.equal(isThere, true, about)
      if (said === verdict.no) assert.equal(isThere, false, about)
      if (wordQuery(text).isExact) assert.notEqual(said, verdict.unknown, about)
      if (said !== verdict.unknown) decided++
    }
  }
  assert.ok(decided > terms.length * uids.length * 0.5, `${decided} decided`)
  inbox.close()
})

async function verdictsOf(account: AccountId, field: IndexedField, text: string) {
  const inbox = await openByName(house.store, account, 'INBOX')
  const { state } = inbox
  const uids = Array.from({ length: state.size }, (_, i) => state.uidAt(i))
  const lookup = await inbox.lookUp([{ field, text }])
  inbox.close()
  const [said] = (await lookup?.verdicts(uids)) ?? []
  return { said: [...(said ?? [])], uids }
}

test('words of one and two characters are found by the index, in any script', async () => {
  const account = await house.newAccount()
  const odd = [
    'Subject: =?utf-8?B?5LqU?=\r\n\r\n关于酿造的会议\r\n',
    'Subject: x\r\n\r\nno i in this one? yes\r\n',
  ]
  await fill(account, [
    ...Array.from({ length: 70 }, (_, n) => messageNamed(`m${n}`)),
    ...odd.map((text) => Buffer.from(text)),
  ])
  const inbox = await idOf(house.store, account, 'INBOX')
  await indexer().index(account, inbox)
  const found = async (field: IndexedField, text: string): Promise<number> => {
    const { said } = await verdictsOf(account, field, text)
    assert.ok(!said.includes(verdict.unknown), text)
    return said.filter((one) => one === verdict.yes).length
  }
  assert.equal(await found('body', '酿造'), 1)
  assert.equal(await found('body', '会'), 1)
  assert.equal(await found('subject', '五'), 1)
  assert.equal(await found('body', '茶'), 0)
  assert.equal(await found('subject', 'x'), 1)
  assert.equal(await found('body', 'is'), 71)
})

test('a text too large for the index is left to the scan, unless what it holds of it is enough', async () => {
  const account = await house.newAccount()
  const many = Array.from({ length: messageCharacters / 4 }, (_, n) => `w${n}`).join(' ')
  const subject = 'long '.repeat(keptFieldCharacters / 4)
  const large = Buffer.from(`Subject: ${subject} end\r\n\r\n${many} last\r\n`)
  await fill(account, [...Array.from({ length: 70 }, (_, n) => messageNamed(`n${n}`)), large])
  const inbox = await idOf(house.store, account, 'INBOX')
  await indexer().index(account, inbox)
  const { uids } = await verdictsOf(account, 'body', 'last')
  const at = uids.indexOf(await uidOf(account, 'long'))
  const said = async (field: IndexedField, text: string) =>
    (await verdictsOf(account, field, text)).said
  assert.equal((await said('body', 'w17'))[at], verdict.yes)
  assert.equal((await said('body', 'last'))[at], verdict.unknown)
  assert.equal((await said('body', 'last')).filter((one) => one === verdict.no).length, 70)
  assert.equal((await said('subject', 'end'))[at], verdict.unknown)
})

async function uidOf(account: AccountId, subject: string): Promise<Uid> {
  const { said, uids } = await verdictsOf(account, 'subject', subject)
  return uids[said.indexOf(verdict.yes)] ?? uid(0)
}

test('a few messages are left to the scan; more are added to the last segment until it is full', async () => {
  const account = await house.newAccount()
  const inbox = await idOf(house.store, account, 'INBOX')
  const add = (from: number, to: number) => {
    return fill(
      account,
      Array.from({ length: to - from }, (_, i) => messageNamed(`k${from + i}`)),
    )
  }
  await add(0, 63)
  assert.equal(await indexer().index(account, inbox), 0)
  assert.deepEqual(await segmentPlaces(house.database, account, inbox), [])
  await add(63, 100)
  assert.equal(await indexer().index(account, inbox), 100)
  await add(100, segmentMessages + 90)
  assert.equal(await indexer().index(account, inbox), segmentMessages - 10)
  const places = await segmentPlaces(house.database, account, inbox)
  assert.deepEqual(
    places.map(({ first, last, messages }) => [first, last, messages]),
    [
      [1, segmentMessages, segmentMessages],
      [segmentMessages + 1, segmentMessages + 90, 90],
    ],
  )
  const { said } = await verdictsOf(account, 'subject', 'k77')
  // Itself, and k770 to k779.
  assert.equal(said.filter((one) => one === verdict.yes).length, 11)
  // What came since is not known.
  await add(2000, 2010)
  const late = await verdictsOf(account, 'subject', 'k2')
  assert.deepEqual(
    late.said.slice(-10),
    Array.from({ length: 10 }, () => verdict.unknown),
  )
})

const words = tupleStatement<readonly [number, number]>(
  'test_search_words',
  `SELECT messages, characters FROM search_segment WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)
const outdate = tupleStatement<never>(
  'test_search_outdate',
  `UPDATE search_segment SET version = 0 WHERE account_id = $1::uuid AND mailbox_id = $2::bigint`,
)

/** Erases everything that was expunged or deleted. */
async function purgeAll(): Promise<void> {
  for (const task of await purgeTasks(house.database, 0, 0)) {
    while (await purgeStep(house.database, task, 0, 0)) continue
  }
}

test('the words of purged messages go at the next round, those of a mailbox with it', async () => {
  const account = await house.newAccount()
  const messages = Array.from({ length: 80 }, (_, n) => messageNamed(`gone${n}`))
  await fill(account, messages)
  const inbox = await openByName(house.store, account, 'INBOX')
  const archive = await idOf(house.store, account, 'Archive')
  const all = Array.from({ length: 80 }, (_, i) => uid(i + 1))
  await inbox.copy(all, archive)
  for (const mailbox of [inbox.mailbox, archive]) await indexer().index(account, mailbox)
  const [earlier] = await house.database.query(words, [account, inbox.mailbox])
  await inbox.expunge(all.slice(0, 70))
  await house.store.mailboxes(account).remove('Archive')
  await checkpointUnopened(house.database, account, inbox.mailbox)
  await purgeAll()
  const tasks = await searchTasks(house.database)
  assert.ok(tasks.some((task) => task.account === account && task.mailbox === inbox.mailbox))
  await indexer().index(account, inbox.mailbox)
  const [later] = await house.database.query(words, [account, inbox.mailbox])
  assert.ok(earlier && later)
  assert.equal(later[0], 10)
  assert.ok(later[1] < earlier[1] / 2)
  assert.deepEqual(await segmentPlaces(house.database, account, archive), [])
  const { said } = await verdictsOf(account, 'subject', 'gone7')
  assert.equal(said.filter((one) => one === verdict.yes).length, 10)
  inbox.close()
})

test('what was made by other rules is not asked, and made anew', async () => {
  const account = await house.newAccount()
  await fill(
    account,
    Array.from({ length: 64 }, (_, n) => messageNamed(`old${n}`)),
  )
  const inbox = await idOf(house.store, account, 'INBOX')
  await indexer().index(account, inbox)
  await house.database.execute(outdate, [account, inbox])
  assert.deepEqual((await verdictsOf(account, 'subject', 'old1')).said, [])
  assert.equal(await indexer().index(account, inbox), 64)
})

test('one account is not told of another', async () => {
  const [one, other] = [await house.newAccount(), await house.newAccount()]
  await fill(
    one,
    Array.from({ length: 64 }, (_, n) => messageNamed(`secret${n}`)),
  )
  const inbox = await openByName(house.store, one, 'INBOX')
  await indexer().index(one, inbox.mailbox)
  assert.deepEqual(await segmentPlaces(house.database, other, inbox.mailbox), [])
  inbox.close()
})

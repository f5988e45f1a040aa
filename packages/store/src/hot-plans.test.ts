import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { Database } from './database.ts'
import { DkimKeyTable } from './dkim-key-table.ts'
import { FilterReputationTable } from './filter-reputation-table.ts'
import { FilterSimilarTable } from './filter-similar-table.ts'
import { FilterTokenTable } from './filter-token-table.ts'
import { GreylistTable } from './greylist-table.ts'
import { FilterTrainingTable } from './filter-training-table.ts'
import { uid, type AccountId, type MailboxId } from './ids.ts'
import { checkpointUnopened } from './keeper.ts'
import { MailboxStore } from './mailbox-store.ts'
import { SendingDesk } from './sending-desk.ts'
import { searchTasksAmong } from './search-catch-up.ts'
import { SearchIndexer } from './search-indexer.ts'
import { markStale } from './search-rows.ts'
import { tupleStatement, unnamed, type Queries } from './statement.ts'
import { deliveryTo, idOf, messageNamed, newAccount, openByName } from './testing/mailbox-house.ts'
import { Sealer } from './sealer.ts'
import { purgeStep } from './purge.ts'
import { tlsTable } from './tls-table.ts'
import { trimLog } from './trim.ts'

// One connection for everything, so that it knows every statement.
let fresh: FreshDatabase
let database: Database
let store: MailboxStore
before(async () => {
  fresh = await freshDatabase()
  database = new Database({ url: fresh.url, app: 'test', limits: { connections: 1 } })
  store = new MailboxStore(database)
})
after(async () => {
  await store.close()
  await database.close()
  await fresh.drop()
})

const settings = ['enable_seqscan = off', 'plan_cache_mode = force_generic_plan']
const preparedStatement = tupleStatement<readonly [string, number]>(
  'test_prepared',
  `SELECT name, cardinality(parameter_types) FROM pg_prepared_statements`,
)
/** Look through whole tables, and are meant to. */
const sweeping = /^(check_|keeper_|test_|purge_tasks|domain_states)/

async function useEverything(): Promise<void> {
  const account = await newAccount(database)
  for (let i = 0; i < 6; i++) await store.deliver(deliveryTo(account, messageNamed(`p${i}`)))
  const inbox = await openByName(store, account, 'INBOX')
  const archive = await idOf(store, account, 'Archive')
  await inbox.setFlags([uid(1)], { op: 'add', flags: ['\\Seen', 'hot'] })
  await inbox.copy([uid(1), uid(2)], archive)
  await inbox.move([uid(3)], archive)
  await inbox.expunge([uid(4)])
  await inbox.octets(uid(1))
  for await (const { envelope } of inbox.facts([uid(1)], ['envelope'])) assert.ok(envelope)
  const all = [1, 2, 3, 4, 5, 6].map(uid)
  for await (const { envelope } of inbox.facts(all, ['envelope'])) assert.ok(envelope)
  const mailboxes = store.mailboxes(account)
  await mailboxes.status([inbox.mailbox, archive])
  await mailboxes.create('A/B')
  await mailboxes.rename('A', 'C')
  await mailboxes.undelete(inbox.mailbox, { since: new Date(0) })
  await mailboxes.remove('C/B')
  await checkpointUnopened(database, account, inbox.mailbox)
  await trimLog(database, account, inbox.mailbox, 0)
  await purgeStep(database, { account, mailbox: inbox.mailbox, kind: 'expunged' }, 0, 0)
  await indexForSearch(account, inbox.mailbox)
  await inbox.lookUp([{ field: 'body', text: 'this' }])
  inbox.close()
  await useFilter(account)
  await new DkimKeyTable(database, new Sealer(database, undefined)).signing('example.test')
  await useSending(account)
  await useTls()
}

async function useTls(): Promise<void> {
  const tls = tlsTable(database)
  const host = { domain: 'a.example', mxHost: 'mx.a.example' }
  await tls.note([{ ...host, policy: 'none', isVerified: false, wasClear: true, failures: 0 }])
  await tls.known(host.domain, host.mxHost)
  const rest = { mx: [], lines: [], maxAgeSeconds: 60 }
  await tls.keepStsPolicy({ ...rest, domain: host.domain, policyId: '1', mode: 'none' })
  await tls.noteStsFailure(host.domain, 'none')
  await tls.stsPolicy(host.domain)
  await tls.takeStsDue(1)
  const where = { mxHost: '', mxAddress: '', ownAddress: '', reason: '', result: 'success' }
  const count = { ...where, ...rest, domain: host.domain, day: '2026-01-01', sessions: 1 }
  await tls.count([{ ...count, policyType: 'sts' }])
  await tls.counts('2026-01-01')
  await tls.forget(host.domain)
}

async function useSending(account: AccountId): Promise<void> {
  const nowhere = { resolveAll: () => Promise.resolve([]) }
  const queue = { hold: none, unhold: none, dropNow: none }
  const sending = new SendingDesk(database, queue, nowhere)
  await sending.leave({ account, recipients: ['a@b.example'] })
  await sending.giveBack(account)
  await sending.signs(account, '192.0.2.1')
  await sending.mayWriteAs(account, ['nobody@example.test'])
  await sending.isContained(account)
  await sending.contained()
}

const none = (): Promise<number> => Promise.resolve(0)

async function useFilter(account: AccountId): Promise<void> {
  const times = { afterSeconds: 0, withinSeconds: 60, keepSeconds: 60 }
  await new GreylistTable(database).attempt('d:a.example', [account], times)
  await new GreylistTable(database).attempt('d:a.example', [account, account], times)
  const tokens = new FilterTokenTable(database)
  const step = { content: { pull: 1, squares: 1 }, manner: { pull: 1, squares: 1 } }
  const lesson = { isSpam: true, ...step, version: 1 }
  const words = { content: [1, 2], manner: [3] }
  const change = { account, key: 1, tokens: words, before: undefined, after: lesson, step }
  await tokens.teach(change)
  await tokens.teach({ ...change, account: undefined })
  await tokens.teach({ ...change, before: lesson })
  await tokens.recall([1, 2], account)
  await tokens.teach({ ...change, before: lesson, after: undefined })
  await tokens.lesson(1, account)
  await tokens.rehearsal(account, true, 0)
  await tokens.rehearsal(account, undefined, 0)
  const training = new FilterTrainingTable(database, store.contents)
  await training.ask(account, [1], true)
  for (const job of await training.claim(10)) await training.done(job)
  const reputation = new FilterReputationTable(database)
  await reputation.note(['d:example.test'], true, account)
  await reputation.fame(['d:example.test'], account)
  await reputation.wrote(account, ['grace@example.test'])
  await reputation.correspondents([account], 'grace@example.test')
  const similar = new FilterSimilarTable(database)
  await similar.add([{ sketch: 1, seen: 1, spam: 0 }], 1)
  await similar.since([1], 0)
}

async function indexForSearch(account: AccountId, mailbox: MailboxId): Promise<void> {
  await searchTasksAmong(database, [{ account, mailbox }])
  assert.ok((await new SearchIndexer(database).index(account, mailbox, 1)) > 0)
  await database.transact((tx) => markStale(tx, account, mailbox, [1, 3]))
  await new SearchIndexer(database).index(account, mailbox)
}

async function plansOf(queries: Pick<Queries, 'query'>): Promise<ReadonlyMap<string, string>> {
  for (const setting of settings) await queries.query(unnamed(`SET ${setting}`))
  await queries.query(unnamed('DISCARD PLANS'))
  const plans = new Map<string, string>()
  for (const [name, count] of await queries.query(preparedStatement)) {
    if (sweeping.test(name)) continue
    const values = count === 0 ? '' : `(${Array(count).fill('NULL').join(', ')})`
    const explain = unnamed<readonly [string]>(`EXPLAIN EXECUTE "${name}" ${values}`, 'array')
    const lines = await queries.query(explain)
    plans.set(name, lines.map(([line]) => line).join('\n'))
  }
  return plans
}

test('every statement of a message’s life finds its rows by an index, for one account', async () => {
  await useEverything()
  const shared = { query: database.read.bind(database) }
  const plans = new Map([...(await plansOf(database)), ...(await plansOf(shared))])
  const names = [...plans.keys()]
  const some = [
    'entries_make',
    'mailbox_log_append',
    'mailbox_tail',
    'message_locate',
    'purge_segments',
  ]
  const filter = ['filter_teach_account', 'filter_recall_own', 'filter_training_moved']
  for (const expected of [
    ...some,
    ...filter,
    'tls_peers_known',
    'search_places',
    'dkim_signing',
    'search_write',
    'search_mark_stale',
  ]) {
    assert.ok(names.includes(expected), `${expected} is not among ${names.join(' ')}`)
  }
  for (const [name, plan] of plans) {
    assert.doesNotMatch(plan, /Seq Scan on \w/, `${name}:\n${plan}`)
    // An index that is walked without a condition is another whole table.
    assert.doesNotMatch(plan, /Scan using (?!.*\n *Index Cond)/, `${name}:\n${plan}`)
  }
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkSearch } from './check-search.ts'
import type { AccountId, MailboxId } from './ids.ts'
import { SearchIndexer } from './search-indexer.ts'
import { unnamed } from './statement.ts'
import {
  deliveryTo,
  idOf,
  messageNamed,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
let account: AccountId
let mailbox: MailboxId
before(async () => {
  house = await openMailboxHouse()
  account = await house.newAccount()
  const names = Array.from({ length: 70 }, (_, n) => messageNamed(`c${n}`))
  await Promise.all(names.map((octets) => house.store.deliver(deliveryTo(account, octets))))
  mailbox = await idOf(house.store, account, 'INBOX')
  await indexAnew()
})
after(() => house.close())

async function indexAnew(): Promise<void> {
  await house.database.execute(unnamed('DELETE FROM search_segment'))
  await new SearchIndexer(house.database).index(account, mailbox)
  assert.deepEqual(await checkSearch(house.database), [])
}

const damages: readonly (readonly [sql: string, text: RegExp])[] = [
  ['UPDATE search_segment SET mailbox_id = 0', /belong to no mailbox/],
  ['UPDATE search_segment SET last_uid = 0', /overlap/],
  ['UPDATE search_segment SET last_uid = 60', /other messages/],
  ['UPDATE search_segment SET first_uid = 5', /other messages/],
  ['UPDATE search_segment SET messages = 5', /other messages/],
  [String.raw`UPDATE search_segment SET body_words = '\x00'`, /can not be read/],
  ['UPDATE search_segment SET body_words = substring(body_words FOR 40)', /can not be read/],
]

for (const [sql, text] of damages) {
  test(`the check sees: ${sql}`, async () => {
    await house.database.execute(unnamed(sql))
    const findings = await checkSearch(house.database)
    assert.equal(findings.length, 1)
    assert.equal(findings[0]?.invariant, 'I11')
    assert.match(findings[0].text, text)
    await indexAnew()
  })
}

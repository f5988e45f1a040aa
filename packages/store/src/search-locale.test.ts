import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { Database } from './database.ts'
import { uid } from './ids.ts'
import { MailboxStore } from './mailbox-store.ts'
import { migrate } from './migrate.ts'
import { verdict } from './search-dictionary.ts'
import { statement, unnamed } from './statement.ts'
import { deliveryTo, messageNamed, newAccount, openByName } from './testing/mailbox-house.ts'

// In such a database pg_trgm throws away every letter outside ASCII. Here no locale has a say in what is found.
let fresh: FreshDatabase
let url: string
let name: string
before(async () => {
  fresh = await freshDatabase()
  const database = new Database({ url: fresh.url, app: 'test' })
  const current = statement<{ readonly name: string }>(
    'test_name',
    'SELECT current_database() AS name',
  )
  const [row] = await database.query(current)
  assert.ok(row)
  name = `${row.name}_c`
  const locale = `LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`
  await database.query(
    unnamed(`CREATE DATABASE "${name}" TEMPLATE template0 ENCODING 'UTF8' ${locale}`),
  )
  await database.close()
  url = fresh.url.replace(row.name, name)
  await migrate(url)
})
after(async () => {
  const database = new Database({ url: fresh.url, app: 'test' })
  await database.query(unnamed(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`))
  await database.close()
  await fresh.drop()
})

test('in a database of locale C every language is found by the index', async () => {
  const database = new Database({ url, app: 'test' })
  const store = new MailboxStore(database)
  try {
    const account = await newAccount(database)
    const text = 'Subject: x\r\n\r\nПРИВЕТ мир, 关于酿造的会议, Ärger\r\n'
    await store.deliver(deliveryTo(account, Buffer.from(text)))
    const others = Array.from({ length: 64 }, (_, n) => messageNamed(`m${n}`))
    await Promise.all(others.map((octets) => store.deliver(deliveryTo(account, octets))))
    assert.equal(await store.indexForSearch(), 65)
    const inbox = await openByName(store, account, 'INBOX')
    const terms = ['привет', '酿造', 'ärger', 'пока']
    const lookup = await inbox.lookUp(terms.map((word) => ({ field: 'body', text: word })))
    const [first, second, third, absent] = (await lookup?.verdicts([uid(1), uid(2)])) ?? []
    for (const one of [first, second, third])
      assert.deepEqual([...(one ?? [])], [verdict.yes, verdict.no])
    assert.deepEqual([...(absent ?? [])], [verdict.no, verdict.no])
    inbox.close()
  } finally {
    await store.close()
    await database.close()
  }
})

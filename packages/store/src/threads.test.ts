import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { tupleStatement, unnamed } from './statement.ts'
import {
  deliveryTo,
  openByName,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse({ stores: 2 })
})
after(() => house.close())

function octets(id: string, ...rest: readonly string[]): Buffer {
  return Buffer.from([`Message-ID: <${id}>`, ...rest, '', 'Hello.', ''].join('\r\n'))
}

const threadsStatement = tupleStatement<readonly [number]>(
  'test_threads',
  'SELECT thread_id FROM message WHERE account_id = $1::uuid ORDER BY message_id',
)

test('answers that many processes deliver at once, before what they answer, are one conversation', async () => {
  const account = await house.newAccount()
  const answers = Array.from({ length: 20 }, (_, i) => octets(`a${i}`, 'References: <root> <mid>'))
  await Promise.all(
    answers.map((answer, i) => {
      return house.households[i % 2]?.store.deliver(deliveryTo(account, answer))
    }),
  )
  await house.store.deliver(deliveryTo(account, octets('root')))
  await house.store.deliver(deliveryTo(account, octets('late', 'In-Reply-To: <a7>')))
  const inbox = await openByName(house.store, account, 'INBOX')
  const uids = Array.from({ length: 22 }, (_, i) => inbox.state.uidAt(i))
  const threads = await inbox.threadIds(uids)
  assert.equal(threads.size, 22)
  assert.equal(new Set(threads.values()).size, 1)
  inbox.close()
})

test('what was there before there were conversations gets the ids that it would get now', async () => {
  const account = await house.newAccount()
  const messages = [
    octets('one@x'),
    octets('two@x', 'In-Reply-To: <one@x>'),
    octets('three@x', 'References: <one@x> <two@x>'),
  ]
  for (const message of messages) await house.store.deliver(deliveryTo(account, message))
  const known = await house.database.query(threadsStatement, [account])
  assert.equal(new Set(known.map(([thread]) => thread)).size, 1)
  const folder = new URL('../migrations/', import.meta.url)
  const sql = await readFile(new URL('0010-threads.sql', folder), 'utf8')
  const update = /UPDATE message SET[^;]*/.exec(sql)?.[0]
  assert.ok(update)
  await house.database.execute(unnamed(`${update} WHERE account_id = '${account}'`))
  assert.deepEqual(await house.database.query(threadsStatement, [account]), known)
})

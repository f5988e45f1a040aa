import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { computeFacts } from '@posthouse/message'
import { openStore, StoreUnavailable, uid } from '@posthouse/store'
import { freshDatabase, startSuite, type Suite } from '@posthouse/testkit'
import { app } from '../app.ts'
import { SelectedMailbox } from './selected-mailbox.ts'

let suite: Suite
let url: string
before(async () => {
  const database = await freshDatabase()
  url = database.url
  suite = await startSuite({ apps: [app], database })
})
after(() => suite.stop())

test('what is committed is acknowledged, though the store goes away before it can be read again', async () => {
  const { id } = await suite.account('committed@example.test')
  const store = await openStore({ database: url, app: 'test', unsafe: true })
  const inbox = await store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const open = await store.open(id, inbox.id, { readOnly: false })
  assert.ok(open)
  const selected = new SelectedMailbox(open, 'INBOX', new Set())
  await store.close()
  await assert.rejects(open.refresh(), StoreUnavailable)
  await selected.catchUp()
  selected.close()
})

test('a message that becomes \\Recent after it was told is counted, and its expunge is not counted twice', async () => {
  const { id } = await suite.account('recent@example.test')
  const store = await openStore({ database: url, app: 'test', unsafe: true })
  const inbox = await store.mailboxes(id).find('INBOX')
  assert.ok(inbox)
  const octets = Buffer.from('Subject: x\r\n\r\n')
  const request = { octets, facts: computeFacts(octets), flags: [] }
  const [open, other] = await Promise.all([
    store.open(id, inbox.id, { readOnly: false }),
    suite.store.open(id, inbox.id, { readOnly: true }),
  ])
  assert.ok(open && other)
  await open.append(request)
  const selected = new SelectedMailbox(open, 'INBOX', new Set())
  await other.append(request)
  // What is new may be told before it is known whose \\Recent it is.
  const refreshed = open.refresh()
  const waiting = { isOver: false }
  const over = refreshed.finally(() => (waiting.isOver = true))
  while (!waiting.isOver) {
    await nextTurn()
    selected.news({ mayExpunge: true })
  }
  await over
  assert.ok(open.isRecent(uid(2)))
  assert.equal(selected.recent, 2)
  await open.expunge([uid(2)])
  selected.news({ mayExpunge: true })
  assert.equal(selected.recent, 1)
  for (const each of [selected, other]) each.close()
  await store.close()
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openStore, StoreUnavailable } from '@posthouse/store'
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

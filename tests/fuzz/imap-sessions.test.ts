import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { startSuite, type Suite } from '@posthouse/testkit'
import { RestlessClient } from './house/restless-client.ts'

const user = 'ada@example.test'
const commandsEach = Number(process.env['POSTHOUSE_TEST_LONG'] ?? 0) > 0 ? 5000 : 60
let suite: Suite

before(async () => {
  suite = await startSuite({ apps: [imap] })
  await suite.account(user)
})
after(() => suite.stop())

for (const seed of [1, 2, 3]) {
  test(`four restless sessions on one mailbox see one truth (seed ${seed})`, async () => {
    const mailbox = seed === 1 ? 'INBOX' : `Box${seed}`
    const clients: RestlessClient[] = []
    const maker = await RestlessClient.open(suite, user, 'INBOX', 0)
    if (mailbox !== 'INBOX') await maker.ask(`CREATE ${mailbox}`)
    for (let at = 0; at < 4; at += 1) {
      clients.push(await RestlessClient.open(suite, user, mailbox, seed * 1000 + at))
    }
    await Promise.all(
      clients.map(async (client) => {
        for (let done = 0; done < commandsEach; done += 1) await client.act()
      }),
    )
    for (const client of clients) await client.settle()
    const fresh = await RestlessClient.open(suite, user, mailbox, 0)
    await fresh.settle()
    for (const client of clients) {
      assert.deepEqual(client.view.uids, fresh.view.uids)
      assert.deepEqual(client.view.flags, fresh.view.flags)
    }
    for (const client of [maker, fresh, ...clients]) await client.close()
  })
}

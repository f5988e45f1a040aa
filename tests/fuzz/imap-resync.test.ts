import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { app as imap } from '@posthouse/imap'
import { computeFacts } from '@posthouse/message'
import { uid, type OpenMailbox } from '@posthouse/store'
import { startSuite, type Suite } from '@posthouse/testkit'
import { Random } from './house/random.ts'
import { ResyncingClient } from './house/resyncing-client.ts'

const user = 'ada@example.test'
const commandsEach = Number(process.env['POSTHOUSE_TEST_LONG'] ?? 0) > 0 ? 5000 : 40
let suite: Suite

before(async () => {
  suite = await startSuite({ apps: [imap] })
  await suite.account(user)
})
after(() => suite.stop())

/** Somebody in another process, who delivers, flags and expunges without being an IMAP client. */
async function meddle(open: OpenMailbox, seed: number, isOver: () => boolean): Promise<void> {
  const random = new Random(seed)
  const octets = Buffer.from('Subject: from elsewhere\r\n\r\n')
  for (let done = 0; done < commandsEach && !isOver(); done += 1) {
    await open.refresh()
    open.changes()
    const { state } = open
    const one = state.size === 0 ? uid(1) : state.uidAt(random.below(state.size))
    const flags = random.pick([['\\Seen'], ['\\Deleted'], ['\\Flagged', 'work']])
    const choice = random.below(4)
    if (choice === 0) await open.append({ octets, facts: computeFacts(octets), flags })
    else if (choice === 1) await open.expunge([one])
    else await open.setFlags([one], { op: random.pick(['add', 'remove', 'set']), flags })
  }
}

for (const seed of [1, 2]) {
  test(`clients that lose their connections all the time miss nothing (seed ${seed})`, async () => {
    const mailbox = seed === 1 ? 'Drafts' : 'Archive'
    const account = await suite.store.accounts.show(user)
    assert.ok(account !== undefined)
    const found = await suite.store.mailboxes(account.id).find(mailbox)
    assert.ok(found !== undefined)
    const other = await suite.store.open(account.id, found.id, { readOnly: true })
    assert.ok(other !== undefined)
    const clients = [1, 2, 3].map((n) => new ResyncingClient(suite, user, mailbox, seed * 1000 + n))
    for (const client of clients) await client.connect()
    let active = clients.length
    const work = clients.map(async (client) => {
      for (let done = 0; done < commandsEach; done += 1) await client.act()
      active -= 1
    })
    await Promise.all([...work, meddle(other, seed, () => active === 0)])
    other.close()
    for (const client of clients) {
      await client.ask('NOOP')
      await client.compare()
    }
    const [first, ...rest] = clients.map(({ cache }) => [...cache.messages].toSorted(byUid))
    for (const one of rest) assert.deepEqual(one, first)
    for (const client of clients) await client.close()
  })
}

function byUid(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0]
}

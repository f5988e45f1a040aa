import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { newUuid, uuidToBase32 } from '@posthouse/store'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'
import { restAfter } from './trace.ts'

let house: CommandHouse
let queueId: string
before(async () => {
  house = await openCommandHouse({ TZ: 'Asia/Kolkata' })
  const { id } = await house.account('ada@example.test')
  const octets = Buffer.from('Message-ID: <1@x>\r\nSubject: \u001b[31mRed\tlines\r\n\r\nMail.\r\n')
  queueId = uuidToBase32(newUuid())
  await house.store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId,
    origin: { door: 'mx', sender: 'grace@example.org', client: '192.0.2.1' },
    recipients: [{ account: id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }],
  })
})
after(() => house.close())

test('what cannot be traced is refused with what can be', async () => {
  assert.match(await house.refused(2, 'trace'), /--from, --to, --subject/)
  await house.refused(2, 'trace', 'xyz')
  await house.refused(2, 'trace', 'ada@example.test', '--subject', 'red')
  assert.match(await house.refused(2, 'trace', '--verdict', 'spam'), /junk, quarantine/)
  await house.refused(2, 'trace', '--subject', 'red', '--limit', '0')
  await house.refused(2, 'trace', '--subject', 'red', '--since', 'yesterday')
  await house.refused(5, 'trace', '--subject', 'green')
})

test('a message is found by its subject; people read local time, programs UTC', async () => {
  const told = await house.ok('trace', '--subject', 'red', '--from', 'GRACE@example.org')
  const { items } = (await house.json('trace', queueId)) as { items: { t: string; id: string }[] }
  const [step] = items
  assert.equal(step?.id, queueId)
  // Five and a half hours ahead of UTC.
  const there = new Date(Date.parse(step.t) + 5.5 * 3_600_000).toISOString()
  assert.ok(told.includes(there.replace('T', ' ').replace('Z', '')), `${told}\n${there}`)
  assert.ok(!told.includes('\u001b'), told)
  assert.match(
    told,
    /DELIVER +ada@example\.test INBOX 1 from <grace@example\.org> via mx from 192\.0\.2\.1/,
  )
  assert.doesNotMatch(told, /<1@x>/)
  assert.match(await house.ok('trace', queueId, '--full'), /<1@x>/)
})

test('what is followed is looked at each second, and less often where a look takes long', () => {
  assert.equal(restAfter(20), 1_000)
  assert.equal(restAfter(2_000), 18_000)
})

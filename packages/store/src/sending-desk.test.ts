import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Account } from './accounts.ts'
import type { SendingLeave } from './sending.ts'
import { unnamed } from './statement.ts'
import type { Store } from './store.ts'
import { actor, openStoreHouse, outboundDelivery, type StoreHouse } from './testing/store-house.ts'

let house: StoreHouse
before(async () => {
  house = await openStoreHouse()
})
after(() => house.close())

async function queueUp(account: Account, ...recipients: readonly string[]): Promise<void> {
  const details = { account: account.id }
  await house.store.deliver(outboundDelivery(account.address, recipients, 'Hello.', details))
}

let made = 0
async function someone(settings: Readonly<Record<string, string>> = {}): Promise<Account> {
  made += 1
  const account = await house.account(`user${made}@example.test`)
  const changes = Object.entries(settings).map(([name, value]) => {
    if (name !== 'send.messages-per-day' && name !== 'send.new-recipients-per-day')
      throw new Error(`no such setting here: ${name}`)
    return { name, value } as const
  })
  await house.store.accountSettings.change(account.address, changes, actor)
  return account
}

const ask = (
  account: Account,
  recipients: readonly string[],
  store: Store = house.store,
): Promise<SendingLeave> => store.sending.leave({ account: account.id, recipients })

const addresses = (count: number, name = 'r'): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i}@elsewhere.example`)

test('messages are counted, and recipients that were never written to, whatever their case', async () => {
  const ada = await someone()
  const first = await ask(ada, ['Bob@elsewhere.example', 'bob@ELSEWHERE.example', 'c@d.example'])
  assert.ok(first.kind === 'free')
  assert.deepEqual(first.today, {
    messages: 1,
    newRecipients: 2,
    mostMessages: 1000,
    mostNewRecipients: 200,
  })
  const second = await ask(ada, ['bob@elsewhere.example', 'e@f.example'])
  assert.ok(second.kind === 'free')
  assert.equal(second.today.messages, 2)
  assert.equal(second.today.newRecipients, 3)
})

test('whoever has sent all messages of a day hears when there is room again', async () => {
  const ada = await someone({ 'send.messages-per-day': '2' })
  await ask(ada, ['a@b.example'])
  await ask(ada, ['a@b.example'])
  const third = await ask(ada, ['a@b.example'])
  assert.ok(third.kind === 'spent')
  assert.equal(third.what, 'messages')
  const inHours = ((third.retryAt?.getTime() ?? 0) - Date.now()) / 3_600_000
  assert.ok(inHours > 22.5 && inHours < 24.1, `${inHours} hours`)
  await house.store.sending.giveBack(ada.id)
  assert.equal((await ask(ada, ['a@b.example'])).kind, 'free')
})

test('room comes back with the hours that a day has passed over', async () => {
  const ada = await someone({ 'send.new-recipients-per-day': '10' })
  await ask(ada, addresses(6))
  await house.database.execute(
    unnamed('UPDATE account_sent SET hour = hour - 20 WHERE account_id = $1'),
    [ada.id],
  )
  await ask(ada, addresses(4, 's'))
  const tooMany = await ask(ada, addresses(3, 't'))
  assert.ok(tooMany.kind === 'spent')
  assert.equal(tooMany.what, 'new-recipients')
  const inHours = ((tooMany.retryAt?.getTime() ?? 0) - Date.now()) / 3_600_000
  assert.ok(inHours > 2.5 && inHours < 4.1, `${inHours} hours`)
  assert.equal((await ask(ada, addresses(10))).kind, 'spent')
  assert.equal((await ask(ada, addresses(6))).kind, 'free', 'no new ones')
  await house.database.execute(
    unnamed('UPDATE account_sent SET hour = hour - 4 WHERE account_id = $1'),
    [ada.id],
  )
  assert.equal((await ask(ada, addresses(3, 't'))).kind, 'free')
})

test('a message with more new recipients than a day has never fits', async () => {
  const ada = await someone({ 'send.new-recipients-per-day': '10' })
  const leave = await ask(ada, addresses(11))
  assert.ok(leave.kind === 'spent')
  assert.equal(leave.retryAt, undefined)
  assert.equal((await ask(ada, addresses(10))).kind, 'free', 'nothing of it was counted')
})

test('zero is none, unlimited is no limit', async () => {
  const none = await someone({ 'send.messages-per-day': '0' })
  assert.equal((await ask(none, ['a@b.example'])).kind, 'spent')
  const all = await someone({ 'send.new-recipients-per-day': 'unlimited' })
  assert.equal((await ask(all, addresses(500))).kind, 'free')
})

test('counts are exact however many ask at once, in several processes', async () => {
  const ada = await someone({
    'send.messages-per-day': '25',
    'send.new-recipients-per-day': '1000',
  })
  const bob = await someone({ 'send.new-recipients-per-day': '30' })
  const stores = [house.store, await house.another(), await house.another()]
  const asked = Array.from({ length: 60 }, (_, i) => {
    const store = stores[i % stores.length]
    return [ask(ada, addresses(1, `a${i}`), store), ask(bob, addresses(2, `b${i}`), store)]
  })
  const leaves = await Promise.all(asked.map(([a]) => a))
  const bobs = await Promise.all(asked.map(([, b]) => b))
  assert.equal(leaves.filter((leave) => leave?.kind === 'free').length, 25)
  assert.equal(bobs.filter((leave) => leave?.kind === 'free').length, 15)
  const last = await house.store.sending.signs(bob.id, '192.0.2.1')
  assert.equal(last.today.newRecipients, 30)
  assert.equal(last.today.messages, 15)
})

test('of the same new recipient in many messages at once one is new', async () => {
  const ada = await someone()
  const stores = [house.store, await house.another()]
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(ada, ['x@y.example'], stores[i % 2])))
  const { today } = await house.store.sending.signs(ada.id, '192.0.2.1')
  assert.deepEqual([today.messages, today.newRecipients], [20, 1])
})

test('whom the account wrote to before counting began is known', async () => {
  const ada = await someone()
  const insert = unnamed(
    `INSERT INTO account_recipient (account_id, recipient)
    VALUES ($1, ('x' || encode(substring(sha256(convert_to(lower($2), 'UTF8')) FROM 1 FOR 8), 'hex'))::bit(64)::bigint)`,
  )
  await house.database.execute(insert, [ada.id, 'Grace@Elsewhere.example'])
  const leave = await ask(ada, ['grace@elsewhere.example'])
  assert.ok(leave.kind === 'free')
  assert.equal(leave.today.newRecipients, 0)
})

test('signs tell how mail ended and which networks are new', async () => {
  const ada = await someone()
  const place = unnamed(
    'INSERT INTO login_place (account_id, network, first_at) VALUES ($1, $2::cidr, now() - make_interval(hours => $3))',
  )
  for (const [network, hours] of [
    ['192.0.2.7/32', 1000],
    ['192.0.2.9/32', 1],
    ['198.51.100.1/32', 2],
    ['198.51.100.2/32', 3],
    ['2001:db8:1:1::/64', 2],
    ['2001:db8:1:2::/64', 500],
    ['2001:db8:2:1::/64', 2],
  ] as const) {
    await house.database.execute(place, [ada.id, network, hours])
  }
  const here = async (address: string) => {
    const { newNetworks, knownNetworks, isNewHere } = await house.store.sending.signs(
      ada.id,
      address,
    )
    return [newNetworks, knownNetworks, isNewHere]
  }
  assert.deepEqual(await here('192.0.2.9'), [2, 2, false])
  assert.deepEqual(await here('198.51.100.77'), [2, 2, true])
  assert.deepEqual(await here('::ffff:198.51.100.77'), [2, 2, true])
  assert.deepEqual(await here('no address'), [2, 2, false])
  assert.deepEqual(await here('2001:db8:2:99::1'), [2, 2, true])
  assert.deepEqual(await here('2001:db8:1:1::1'), [2, 2, false])
})

test('signs tell how the mail of a day ended', async () => {
  const ada = await someone()
  const { queue, sending } = house.store
  await queueUp(ada, 'a@end.example', 'b@end.example', 'c@end.example', 'd@end.example')
  const claim = await queue.claim({
    worker: 'test',
    destinations: 10,
    perDestination: 10,
    leaseSeconds: 60,
    only: ['end.example'],
  })
  const [message] = claim.messages
  assert.ok(message !== undefined)
  const reply = { host: undefined, code: 550, enhanced: undefined, text: '' }
  const kinds = ['bounced', 'bounced', 'delivered'] as const
  await queue.record(
    claim.token,
    kinds.map((kind, i) => ({ queueId: message.queueId, n: i + 1, kind, reply })),
  )
  const { ended, bounced } = await sending.signs(ada.id, '192.0.2.1')
  assert.deepEqual({ ended, bounced }, { ended: 3, bounced: 2 })
  await queue.drop({ account: ada.id })
})

test('a contained account sends nothing more, its mail is held, its sessions end, and a release lets it go', async () => {
  const ada = await someone()
  const bob = await someone()
  const { sending, queue, accounts } = house.store
  await queueUp(ada, 'a@one.example', 'b@two.example')
  await queueUp(bob, 'c@one.example')
  const grants = [ada, bob].map(({ id }) => ({ account: id, epoch: 0, appPassword: undefined }))
  const woken = Promise.withResolvers<string>()
  const stop = house.store.onAccountChange((id) => woken.resolve(id))
  assert.equal(await sending.contain(ada.id, 'it wrote to everybody', actor), true)
  assert.equal(await sending.contain(ada.id, 'again', actor), false)
  assert.equal(await woken.promise, ada.id)
  stop()
  assert.deepEqual(await accounts.lapsed(grants), [grants[0]])
  assert.equal((await ask(ada, ['a@one.example'])).kind, 'contained')
  assert.equal((await ask(bob, ['a@one.example'])).kind, 'free')
  const [shown] = await sending.contained()
  assert.equal(shown?.address, ada.address)
  assert.equal(shown.because, 'it wrote to everybody')
  // What was under way when it was contained, and comes into the queue only now.
  await queueUp(ada, 'late@one.example')
  const claim = await queue.claim({
    worker: 'test',
    destinations: 10,
    perDestination: 10,
    leaseSeconds: 60,
  })
  const claimed = claim.messages.flatMap(({ recipients }) => recipients.map((r) => r.address))
  assert.deepEqual(claimed, ['c@one.example'])
  await queue.release(claim.token)
  const held = await queue.list({ account: ada.id, state: 'held' })
  assert.equal(held.length, 3)
  assert.deepEqual(await sending.release(ada.id, 'deliver', actor), { recipients: 3 })
  assert.equal(await sending.release(ada.id, 'deliver', actor), 'not-contained')
  assert.equal((await ask(ada, ['a@one.example'])).kind, 'free')
  assert.equal((await queue.list({ account: ada.id, state: 'waiting' })).length, 3)
  assert.deepEqual(await sending.contained(), [])
  const trail = await house.store.audit.list({ object: ada.address })
  const actions = trail.map(({ action }) => action)
  assert.deepEqual(actions.filter((action) => action === 'account.contained').length, 1)
  assert.deepEqual(actions.filter((action) => action === 'account.released').length, 1)
})

test('what an operator holds for another reason stays held after a release', async () => {
  const ada = await someone()
  const { sending, queue } = house.store
  await queueUp(ada, 'a@five.example')
  await queue.hold({ account: ada.id }, { by: 'operator', because: 'ask me' }, actor)
  await queueUp(ada, 'b@five.example')
  await sending.contain(ada.id, 'why', actor)
  assert.deepEqual(await sending.release(ada.id, 'deliver', actor), { recipients: 1 })
  const [held, more] = await queue.list({ account: ada.id, state: 'held' })
  assert.equal(held?.address, 'a@five.example')
  assert.equal(more, undefined)
  await queue.drop({ account: ada.id })
})

test('a purge deletes what a contained account has in the queue, and nobody else’s', async () => {
  const ada = await someone()
  const bob = await someone()
  const { sending, queue } = house.store
  await queueUp(ada, 'a@three.example', 'b@four.example')
  await queueUp(bob, 'c@three.example')
  assert.equal(await sending.release(ada.id, 'purge', actor), 'not-contained')
  assert.equal((await queue.list({ account: ada.id })).length, 2)
  await sending.contain(ada.id, 'why', actor)
  assert.deepEqual(await sending.release(ada.id, 'purge', actor), { recipients: 2 })
  assert.deepEqual(await queue.list({ account: ada.id }), [])
  assert.equal((await queue.list({ account: bob.id })).length, 1)
})

test('a purge deletes what is being sent, too, and nothing of it comes back', async () => {
  const ada = await someone()
  const { sending, queue, trace } = house.store
  await queueUp(ada, 'a@sent.example', 'b@sent.example', 'c@sent.example')
  const claim = await queue.claim({
    worker: 'test',
    destinations: 10,
    perDestination: 2,
    leaseSeconds: 600,
    only: ['sent.example'],
  })
  const [message] = claim.messages
  assert.equal(message?.recipients.length, 2)
  await sending.contain(ada.id, 'why', actor)
  assert.deepEqual(await sending.release(ada.id, 'purge', actor), { recipients: 3 })
  const { queueId } = message
  // A worker that has claimed it, and not begun, finds nothing to send.
  assert.equal((await queue.contents([queueId], { isToBeSent: true })).size, 0)
  const reply = { host: 'mx.sent.example', code: 451, enhanced: '4.3.2', text: 'later' }
  const deferred = { queueId, kind: 'deferred', reply, retryInSeconds: 0 } as const
  const outcomes = message.recipients.map(({ n }) => ({ ...deferred, n }))
  assert.equal((await queue.record(claim.token, outcomes)).recorded, 0)
  const states = (await queue.show(queueId)).map(({ state }) => state)
  assert.deepEqual(states, ['dropped', 'dropped', 'dropped'])
  assert.deepEqual(await queue.list({ account: ada.id }), [])
  const steps = await trace.find({ subject: { by: 'queue-id', id: queueId } })
  const unknown = steps.filter(({ kind }) => kind === 'unknown')
  assert.deepEqual(
    unknown.map(({ details }) => details['to']),
    message.recipients.map(({ address }) => address),
  )
  assert.match(String(unknown[0]?.details['text']), /deleted while it was being sent/)
})

test('what was seen before a release is forgiven', async () => {
  const ada = await someone()
  const place = unnamed('INSERT INTO login_place (account_id, network) VALUES ($1, $2::cidr)')
  await house.database.execute(place, [ada.id, '203.0.113.5/32'])
  await ask(ada, addresses(50))
  const { sending } = house.store
  await sending.contain(ada.id, 'why', actor)
  await sending.release(ada.id, 'deliver', actor)
  const signs = await sending.signs(ada.id, '203.0.113.5')
  assert.equal(signs.today.newRecipients, 0)
  assert.equal(signs.newNetworks, 0)
  assert.equal(signs.isNewHere, false)
})

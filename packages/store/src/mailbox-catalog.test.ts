import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uid } from './ids.ts'
import type { Mailboxes } from './mailboxes.ts'
import {
  deliveryTo,
  messageNamed,
  openByName,
  openMailboxHouse,
  type MailboxHouse,
} from './testing/mailbox-house.ts'

let house: MailboxHouse
before(async () => {
  house = await openMailboxHouse()
})
after(() => house.close())

async function mailboxesOfNewAccount(): Promise<Mailboxes> {
  return house.store.mailboxes(await house.newAccount())
}

async function names(mailboxes: Mailboxes): Promise<readonly string[]> {
  return (await mailboxes.list()).map(({ name }) => name)
}

test('a new account has its six mailboxes, with special uses, subscribed', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  const list = await mailboxes.list()
  assert.deepEqual(
    list.map(({ name, specialUse }) => [name, specialUse]),
    [
      ['INBOX', undefined],
      ['Archive', '\\Archive'],
      ['Drafts', '\\Drafts'],
      ['Junk', '\\Junk'],
      ['Sent', '\\Sent'],
      ['Trash', '\\Trash'],
    ],
  )
  assert.deepEqual(
    await mailboxes.subscriptions(),
    list.map(({ name }) => name),
  )
})

test('CREATE makes the parents too, ignores a slash at the end, and refuses what is there', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  const made = await mailboxes.create('Lists/Dev/Node/')
  assert.ok(made.ok && made.mailbox.name === 'Lists/Dev/Node')
  assert.deepEqual((await names(mailboxes)).slice(4, 7), ['Lists', 'Lists/Dev', 'Lists/Dev/Node'])
  assert.deepEqual(await mailboxes.create('Lists/Dev'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.create('inbox'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.create('a//b'), { ok: false, reason: 'invalid' })
  assert.deepEqual(await mailboxes.create('Bin', { specialUse: '\\Trash' }), {
    ok: false,
    reason: 'special-use',
  })
  assert.ok((await mailboxes.create('inbox/sub', { specialUse: '\\All' })).ok)
  assert.equal((await mailboxes.find('Inbox/sub'))?.name, 'INBOX/sub')
})

test('two that create the same name at once: one makes it', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => mailboxes.create('Same/Name')))
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
})

test('a name that comes back has a higher UIDVALIDITY', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  let last = 0
  for (let i = 0; i < 3; i++) {
    const made = await mailboxes.create('Again')
    assert.ok(made.ok && made.mailbox.uidValidity > last)
    last = made.mailbox.uidValidity
    assert.ok(last > 0 && last < 2 ** 31)
    await mailboxes.remove('Again')
  }
  await mailboxes.create('Elder')
  await mailboxes.create('Again')
  const younger = await mailboxes.find('Again')
  await mailboxes.remove('Again')
  await mailboxes.rename('Elder', 'Again')
  const renamed = await mailboxes.find('Again')
  assert.ok((renamed?.uidValidity ?? 0) > (younger?.uidValidity ?? 0))
})

test('RENAME takes the children along, creates parents, and keeps messages and UIDVALIDITY', async () => {
  const account = await house.newAccount()
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('Work/2024/Q1')
  await mailboxes.create('Workshop')
  await house.store.deliver(deliveryTo(account, messageNamed('m'), { mailbox: 'Work/2024' }))
  const old = await mailboxes.find('Work/2024')
  assert.deepEqual(await mailboxes.rename('Work', 'Old/Jobs'), { ok: true })
  const renamed = await mailboxes.find('Old/Jobs/2024')
  assert.deepEqual(renamed && { ...renamed, name: 'Work/2024' }, old)
  assert.deepEqual(
    (await names(mailboxes)).filter((name) => /Work|Old/.test(name)),
    ['Old', 'Old/Jobs', 'Old/Jobs/2024', 'Old/Jobs/2024/Q1', 'Workshop'],
  )
  const opened = await openByName(house.store, account, 'Old/Jobs/2024')
  assert.equal(opened.state.size, 1)
  opened.close()
})

test('RENAME refuses what can not be', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  await mailboxes.create('A/B')
  await mailboxes.create('C')
  assert.deepEqual(await mailboxes.rename('Nothing', 'X'), { ok: false, reason: 'nonexistent' })
  assert.deepEqual(await mailboxes.rename('A', 'C'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.rename('A', 'A'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.rename('A', 'A/B/C'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.rename('A', 'INBOX'), { ok: false, reason: 'exists' })
  assert.deepEqual(await mailboxes.rename('A', 'x*'), { ok: false, reason: 'invalid' })
  const deep = Array(30).fill('d').join('/')
  assert.deepEqual(await mailboxes.rename('A', deep), { ok: false, reason: 'limit' })
  assert.ok((await names(mailboxes)).includes('A/B'))
})

test('a name that only its children hold up can be renamed, and deleting a parent leaves them', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  await mailboxes.create('P/Q')
  assert.deepEqual(await mailboxes.remove('P'), { ok: true })
  assert.deepEqual(await mailboxes.remove('P'), { ok: false, reason: 'nonexistent' })
  assert.ok((await names(mailboxes)).includes('P/Q'))
  assert.deepEqual(await mailboxes.rename('P', 'R'), { ok: true })
  assert.ok((await names(mailboxes)).includes('R/Q'))
})

test('RENAME INBOX moves the messages and leaves INBOX empty, its children stay', async () => {
  const account = await house.newAccount()
  const mailboxes = house.store.mailboxes(account)
  await mailboxes.create('INBOX/child')
  for (const name of ['a', 'b']) await house.store.deliver(deliveryTo(account, messageNamed(name)))
  const inbox = await openByName(house.store, account, 'INBOX')
  await inbox.setFlags([uid(2)], { op: 'add', flags: ['\\Seen'] })
  assert.deepEqual(await mailboxes.rename('INBOX', 'Saved/2024'), { ok: true })
  assert.equal(inbox.state.size, 0)
  assert.deepEqual(
    inbox.changes().map(({ kind }) => kind),
    ['expunged', 'expunged'],
  )
  const saved = await openByName(house.store, account, 'Saved/2024')
  assert.equal(saved.state.size, 2)
  assert.equal(saved.state.unseen, 1)
  assert.ok(await mailboxes.find('INBOX/child'))
  assert.ok(await mailboxes.find('INBOX'))
  await house.store.deliver(deliveryTo(account, messageNamed('c')))
  await inbox.refresh()
  assert.deepEqual(inbox.changes(), [{ kind: 'new', uids: [3] }])
  inbox.close()
  saved.close()
})

test('INBOX can not be deleted', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  assert.deepEqual(await mailboxes.remove('inbox'), { ok: false, reason: 'inbox' })
})

test('subscriptions are names, and outlive the mailbox', async () => {
  const mailboxes = await mailboxesOfNewAccount()
  await mailboxes.create('News')
  assert.deepEqual(await mailboxes.subscribe('News'), { ok: true })
  assert.deepEqual(await mailboxes.subscribe('News'), { ok: true })
  await mailboxes.subscribe('Not/there')
  await mailboxes.remove('News')
  const subscribed = await mailboxes.subscriptions()
  assert.ok(subscribed.includes('News') && subscribed.includes('Not/there'))
  await mailboxes.unsubscribe('News')
  assert.ok(!(await mailboxes.subscriptions()).includes('News'))
  assert.deepEqual(await mailboxes.subscribe('a\0b'), { ok: false, reason: 'invalid' })
})

test('another account’s mailboxes are not there', async () => {
  const mine = await mailboxesOfNewAccount()
  const theirs = await mailboxesOfNewAccount()
  await theirs.create('Secret')
  const secret = await theirs.find('Secret')
  assert.ok(secret)
  assert.equal(await mine.find('Secret'), undefined)
  assert.equal((await mine.status([secret.id])).size, 0)
  assert.deepEqual(await mine.remove('Secret'), { ok: false, reason: 'nonexistent' })
  assert.deepEqual(await mine.rename('Secret', 'Mine'), { ok: false, reason: 'nonexistent' })
})

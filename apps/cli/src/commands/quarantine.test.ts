import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { newUuid, uuidToBase32, type Account, type MessageVerdict } from '@posthouse/store'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
let ada: Account
before(async () => {
  house = await openCommandHouse()
  ada = await house.account('ada@example.test')
})
after(() => house.close())

const verdict: MessageVerdict = {
  direction: 'inbound',
  action: 'quarantine',
  points: 11.5,
  junkAt: 6,
  reason: 'spam',
  findings: [
    { symbol: 'BAYES_SPAM', points: 6.5, reason: 'reads like \u202espam' },
    { symbol: 'NO_DATE', points: 5, reason: 'there is no Date' },
  ],
  stages: [{ name: 'clamd', outcome: 'failed', ms: 3, because: 'connect ECONNREFUSED' }],
  authentication: { authenticated: ['example.org'], evidence: [] },
}

/** Keeps a message aside for Ada, as a delivery does. */
async function keep(subject: string, reason: 'spam' | 'virus' = 'spam'): Promise<string> {
  const octets = Buffer.from(`From: <x@example.org>\r\nSubject: ${subject}\r\n\r\nBuy this.\r\n`)
  const { copies } = await house.store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date('2026-03-01T12:00:00Z'),
    queueId: uuidToBase32(newUuid()),
    origin: { door: 'mx', sender: 'x@example.org' },
    verdict,
    recipients: [
      {
        account: ada.id,
        mailbox: { recipient: ada.address, reason },
        prefix: Buffer.from('Delivered-To: ada@example.test\r\n'),
        flags: [],
      },
    ],
  })
  const [copy] = copies
  assert.ok(copy?.kind === 'kept-aside')
  return copy.id
}

async function inInbox(account: Account): Promise<number> {
  const mailboxes = house.store.mailboxes(account.id)
  const inbox = (await mailboxes.find('INBOX')) ?? assert.fail()
  return (await mailboxes.status([inbox.id])).get(inbox.id)?.messages ?? -1
}

test('an empty quarantine says so, and a list tells who, why and what', async () => {
  assert.match((await house.run('quarantine', 'list')).stderr, /Nothing is kept aside/)
  const id = await keep('a list')
  const table = await house.ok('quarantine', 'list')
  assert.match(table, /^ID +KEPT +REASON +FOR +SENDER +SUBJECT +SIZE\n/)
  assert.match(table, new RegExp(`${id} .*spam +ada@example.test +x@example.org +a list`))
  const document = await house.json('quarantine', 'list', '--for', 'ada@example.test')
  assert.equal(document['kind'], 'QuarantinedMessageList')
  assert.equal(await house.ok('quarantine', 'list', '-q', '--reason', 'virus'), '')
  assert.equal(
    await house.ok('quarantine', 'list', '-q', '--since', '1h', '--limit', '1'),
    `${id}\n`,
  )
  await house.refused(2, 'quarantine', 'list', '--reason', 'taste')
  await house.refused(2, 'quarantine', 'list', '--since', 'soon')
  await house.refused(5, 'quarantine', 'list', '--for', 'nobody@example.test')
})

test('a message is shown with every reason for its being there, and cannot steer the terminal', async () => {
  const id = await keep('shown')
  const { code, stdout, stderr } = await house.run('quarantine', 'show', id, '--why', '--headers')
  assert.equal(code, 0)
  assert.match(stdout, /6\.5 +BAYES_SPAM +reads like \ufffdspam/)
  assert.match(stdout, /\nDelivered-To: ada@example.test\nFrom: <x@example.org>\nSubject: shown\n/)
  assert.match(stderr, /clamd failed: connect ECONNREFUSED/)
  assert.match(stderr, new RegExp(`posthouse quarantine release ${id}`))
  const document = await house.json('quarantine', 'show', id, '--why')
  assert.deepEqual(document['findings'], verdict.findings)
  assert.deepEqual(document['authenticated'], ['example.org'])
  assert.equal(document['received'], '2026-03-01T12:00:00.000Z')
  assert.equal('findings' in (await house.json('quarantine', 'show', id)), false)
  await house.refused(5, 'quarantine', 'show', '0'.repeat(26))
  await house.refused(5, 'quarantine', 'show', 'nonsense')
})

test('what a person would read in it is shown decoded, to people and to programs', async () => {
  const id = await keep('=?utf-8?Q?gr=C3=BCn=1B[2J?=')
  const shown = await house.ok('quarantine', 'show', id, '--text')
  assert.match(shown, /\nFrom: +x@example\.org\nSubject: +grün\ufffd\[2J\n\nBuy this\.\n/)
  const document = await house.json('quarantine', 'show', id, '--text')
  assert.deepEqual([document['readableText'], document['attachments']], ['Buy this.', []])
  assert.equal('readableText' in (await house.json('quarantine', 'show', id)), false)
})

test('a release delivers, a second one finds nothing, and a dry run does nothing', async () => {
  const id = await keep('released')
  const earlier = await inInbox(ada)
  assert.match((await house.run('quarantine', 'release', id, '-n')).stderr, /Would deliver/)
  assert.equal(await inInbox(ada), earlier)
  const { code, stderr } = await house.run('quarantine', 'release', id)
  assert.equal(code, 0)
  assert.match(stderr, /is in INBOX of ada@example.test/)
  assert.equal(await inInbox(ada), earlier + 1)
  await house.refused(5, 'quarantine', 'release', id)
  const [entry] = await house.store.audit.list({ object: id })
  assert.equal(entry?.actor.via, 'cli')
})

test('a release to another account, and nothing at all where one id is wrong', async () => {
  const bob = await house.account('bob@example.test')
  const id = await keep('for bob')
  await house.refused(5, 'quarantine', 'release', id, 'nonsense', '--to', 'bob@example.test')
  assert.equal(await inInbox(bob), 0)
  await house.ok('quarantine', 'release', id, '--to', 'bob@example.test', '-q')
  assert.equal(await inInbox(bob), 1)
})

test('a virus is released only where somebody says yes', async () => {
  const id = await keep('infected', 'virus')
  assert.match(await house.refused(2, 'quarantine', 'release', id), /--yes/)
  assert.ok(await house.store.quarantine.show(id))
  await house.ok('quarantine', 'release', id, '--yes')
})

test('a release that fails for an account that is gone says what to do', async () => {
  const eve = await house.account('eve@example.test')
  const octets = Buffer.from('Subject: late\r\n\r\n')
  const { copies } = await house.store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [
      {
        account: eve.id,
        mailbox: { recipient: eve.address, reason: 'policy' },
        prefix: Buffer.alloc(0),
        flags: [],
      },
    ],
  })
  const gone = copies[0]?.kind === 'kept-aside' ? copies[0].id : assert.fail()
  assert.equal(await house.store.accounts.remove(eve.address, house.actor), 'done')
  const other = await keep('beside it')
  const { code, stderr } = await house.run('quarantine', 'release', gone, other)
  assert.equal(code, 9)
  assert.match(stderr, /the account is removed; give another one with --to/)
  await house.ok('quarantine', 'release', gone, '--to', 'ada@example.test')
})

test('deleting and purging ask, and say how many went', async () => {
  const [first, second] = [await keep('one'), await keep('two')]
  assert.match(await house.refused(2, 'quarantine', 'delete', first), /--yes/)
  assert.match((await house.run('quarantine', 'rm', first, second, '-n')).stderr, /Would erase/)
  assert.equal(await house.ok('quarantine', 'rm', first, '-y', '-q'), `${first}\n`)
  await house.refused(2, 'quarantine', 'purge')
  await house.refused(2, 'quarantine', 'purge', '--older', 'a bit', '-y')
  const dry = await house.run('quarantine', 'purge', '--older', '1h', '-n')
  assert.match(dry.stderr, /Would erase 0 messages/)
  const purged = await house.json('quarantine', 'purge', '--older', '1h', '--yes')
  assert.equal(purged['erased'], 0)
  assert.ok(await house.store.quarantine.show(second))
})

test('the trace tells of the filter and of the quarantine', async () => {
  const id = await keep('traced')
  const { queueId = '' } = (await house.store.quarantine.show(id)) ?? {}
  const text = await house.ok('trace', queueId)
  assert.match(text, /FILTER +quarantine \(11\.5 points, spam\): BAYES_SPAM 6\.5, NO_DATE 5/)
  assert.match(text, new RegExp(`ASIDE +kept aside for ada@example.test \\(spam\\).* show ${id}`))
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { computeFacts } from '@posthouse/message'
import { newUuid, uuidToBase32, type Account } from '@posthouse/store'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
let ada: Account
before(async () => {
  house = await openCommandHouse()
  ada = await house.account('ada@example.test')
})
after(() => house.close())

interface Listed {
  readonly items: readonly Readonly<Record<string, unknown>>[]
}

async function listed(...args: readonly string[]): Promise<Listed['items']> {
  return ((await house.json(...args)) as unknown as Listed).items
}

async function valueOf(setting: string): Promise<unknown> {
  const items = await listed('filter', 'set')
  return items.find((item) => item['setting'] === setting)?.['value']
}

test('settings are shown and set, and wrong ones refused with the right ones', async () => {
  assert.equal(await valueOf('inbound.junk'), 6)
  assert.equal(await valueOf('inbound.quarantine'), 'never')
  await house.ok('filter', 'set', 'inbound.junk=5.5', 'arc.sealers=lists.example.org', '--dry-run')
  assert.equal(await valueOf('inbound.junk'), 6)
  await house.ok('filter', 'set', 'inbound.junk=5.5', 'arc.sealers=lists.example.org')
  assert.equal(await valueOf('inbound.junk'), 5.5)
  assert.equal(await valueOf('arc.sealers'), 'lists.example.org')
  await house.ok('filter', 'set', 'inbound.junk=', '-q')
  assert.equal(await valueOf('inbound.junk'), 6)
  assert.match(await house.refused(2, 'filter', 'set', 'inbound.junk=lots'), /points .* or never/)
  assert.match(await house.refused(2, 'filter', 'set', 'inbound.junc=1'), /There is no setting/)
  assert.match(await house.refused(2, 'filter', 'set', 'inbound.junk'), /is not NAME=VALUE/)
})

test('thresholds of one account are set where its other settings are', async () => {
  await house.ok('account', 'set', 'ada@example.test', 'filter.junk=3', 'filter.quarantine=never')
  const filters = await house.store.filterSettings.forAccounts([ada.id])
  const { junk, quarantine } = filters.get(ada.id) ?? {}
  assert.deepEqual([junk, quarantine], [3, Infinity])
  assert.match(await house.ok('account', 'set', 'ada@example.test'), /filter\.quarantine +never/)
})

test('senders are put on lists, everybody’s or one account’s, and taken off', async () => {
  assert.match((await house.run('filter', 'allow', 'list')).stderr, /Nobody is on the list/)
  const added = await house.run('filter', 'allow', 'add', 'Friend.Example', 'Eve@else.example')
  assert.equal(added.code, 0)
  assert.match(added.stderr, /signed \(DKIM\)/)
  await house.ok('filter', 'block', 'add', '*.spam.example', '--for', 'ada@example.test')
  assert.equal(await house.ok('filter', 'allow', 'ls', '-q'), 'eve@else.example\nfriend.example\n')
  const [rule] = await listed('filter', 'block', 'list', '--for', 'ada@example.test')
  assert.equal(rule?.['sender'], 'spam.example')
  assert.equal(rule['for'], 'ada@example.test')
  assert.equal(await house.ok('filter', 'block', 'list', '-q'), 'spam.example\n')
  await house.ok('filter', 'allow', 'rm', 'eve@ELSE.example', '--dry-run')
  await house.ok('filter', 'allow', 'rm', 'eve@ELSE.example')
  await house.refused(5, 'filter', 'allow', 'rm', 'eve@else.example')
  await house.refused(5, 'filter', 'block', 'rm', 'spam.example')
  await house.refused(5, 'filter', 'block', 'add', 'x.example', '--for', 'nobody@example.test')
  assert.match(await house.refused(2, 'filter', 'block', 'add', 'com'), /no domain and no address/)
})

test('statistics tell what came of messages, and which signs they had', async () => {
  assert.match((await house.run('filter', 'stats')).stderr, /No message was judged/)
  const octets = Buffer.from('Subject: judged\r\n\r\n')
  for (const action of ['junk', 'junk', 'deliver']) {
    await house.store.deliver({
      octets,
      facts: computeFacts(octets),
      receivedAt: new Date(),
      queueId: uuidToBase32(newUuid()),
      recipients: [{ account: ada.id, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }],
      verdict: {
        direction: 'inbound',
        action,
        points: 1,
        findings: [{ symbol: 'NO_DATE', points: 1.5, reason: 'none' }],
        stages: [],
      },
    })
  }
  const text = await house.ok('filter', 'stats')
  assert.match(text, /inbound +junk +2\n/)
  assert.match(text, /NO_DATE +3 +2 +1\.5\n/)
  const { signs } = await house.json('filter', 'stats', '--since', '1h')
  assert.deepEqual(signs, [{ symbol: 'NO_DATE', messages: 3, unwanted: 2, points: 1.5 }])
  await house.refused(2, 'filter', 'stats', '--since', 'ever')
})

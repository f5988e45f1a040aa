import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ada, isDeferred, isHeld } from './house/outbound-house.ts'
import { at, ManyHosts, type Sent } from './house/outbound-many-hosts.ts'
import { parseReport } from './house/outbound-report.ts'
import { absent } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { waitFor } from './house/wait-for.ts'

// What an operator does by command to mail on its way, and what the remote hosts see of it.

const withoutPython = absent('python3')
let world: ManyHosts

before(async () => {
  world = await ManyHosts.start()
})
after(async () => {
  await world.stop()
})

const queue = (...args: readonly string[]): Promise<string> => world.house.run('queue', ...args)

/** A message that its host has put off. */
async function deferred(): Promise<Sent> {
  const sent = await world.send(at('RCPT', '450 4.2.0 not now', 1))
  await world.house.settled(sent.queueId, isDeferred)
  return sent
}

/** It stays as it is, though delivery is at work: another message goes meanwhile. */
async function nothingGoes({ host }: Sent): Promise<void> {
  const other = await world.send({})
  await world.house.settled(other.queueId)
  assert.equal(host.taken.length, 0)
}

test('retry sends at once what waits', async () => {
  const { host, queueId } = await deferred()
  await queue('retry', queueId)
  await world.house.settled(queueId)
  assert.equal(host.taken.length, 1)
})

test('hold keeps a message until release, and says why', async () => {
  const sent = await deferred()
  await queue('hold', sent.queueId, '--because', 'looks odd')
  const [item] = await world.house.settled(sent.queueId, isHeld)
  assert.equal(item?.state, 'held')
  assert.match(await queue('show', sent.queueId), /looks odd/)
  await nothingGoes(sent)
  await queue('release', sent.queueId)
  await world.house.settled(sent.queueId)
  assert.equal(sent.host.taken.length, 1)
})

test('redirect sends a message to another address, and not to the first', async () => {
  const sent = await deferred()
  const { host, domain } = await world.host({})
  await queue('redirect', sent.queueId, `carol@${domain}`, '--yes')
  const [item] = await world.house.settled(sent.queueId)
  assert.equal(item?.state, 'delivered')
  assert.deepEqual(host.taken[0]?.recipients, [`carol@${domain}`])
  assert.equal(sent.host.taken.length, 0)
})

test('fail ends a message, and tells its sender why', { skip: withoutPython }, async () => {
  const { queueId, to, host } = await deferred()
  await queue('fail', queueId, '--because', 'the address is wrong', '--yes')
  const [item] = await world.house.settled(queueId)
  assert.equal(item?.state, 'bounced')
  const report = await parseReport(await world.house.report(to))
  assert.equal(report.recipients[0]?.['action'], 'failed')
  assert.match(report.text, /the address is wrong/)
  assert.equal(host.taken.length, 0)
})

test('drop ends a message without a word', async () => {
  const { queueId, to } = await deferred()
  await queue('drop', queueId, '--yes')
  const [item] = await world.house.settled(queueId)
  assert.equal(item?.state, 'dropped')
  assert.ok(!(await world.house.inbox()).some((each) => each.includes(to)))
})

test('pause keeps all mail of a domain until resume', async () => {
  const { host, domain } = await world.host({})
  await queue('pause', '--domain', domain, '--because', 'they asked for it')
  const to = `bob@${domain}`
  const queueId = await world.house.submit(to, sampleMail(1, ada, to))
  await nothingGoes({ host, queueId, to, raw: Buffer.alloc(0), name: '' })
  assert.match(await queue('pauses'), new RegExp(domain))
  await queue('resume', '--domain', domain)
  await world.house.settled(queueId)
  assert.equal(host.taken.length, 1)
})

test('a rule holds what matches when its turn comes', async () => {
  const { host, domain } = await world.host({})
  await queue('rules', 'add', '--domain', domain, '--because', 'to be looked at')
  const to = `bob@${domain}`
  const queueId = await world.house.submit(to, sampleMail(2, ada, to))
  await world.house.settled(queueId, isHeld)
  assert.equal(host.connections, 0)
})

test(
  'nothing is sent to a suppressed address, and the sender is told',
  { skip: withoutPython },
  async () => {
    const { host, domain } = await world.host({})
    const to = `bob@${domain}`
    await queue('suppress', 'add', to, '--because', 'he has left')
    const queueId = await world.house.submit(to, sampleMail(3, ada, to))
    const [item] = await world.house.settled(queueId)
    assert.equal(item?.state, 'bounced')
    const report = await parseReport(await world.house.report(to))
    assert.match(report.text, /he has left/)
    assert.equal(host.connections, 0)
  },
)

test('an address that does not exist is suppressed after two bounces', async () => {
  const { host, domain } = await world.host(at('RCPT', '550 5.1.1 no such user'))
  const to = `ghost@${domain}`
  for (const n of [4, 5]) {
    await world.house.settled(await world.house.submit(to, sampleMail(n, ada, to)))
  }
  const lines = host.lines.length
  await waitFor('the suppression', async () =>
    (await queue('suppress', 'list')).includes(to) ? true : undefined,
  )
  const [item] = await world.house.settled(await world.house.submit(to, sampleMail(6, ada, to)))
  assert.equal(item?.state, 'bounced')
  assert.ok(!host.lines.slice(lines).some((line) => line.startsWith('RCPT')))
})

test('show and trace tell what the host said', async () => {
  const { queueId, to } = await deferred()
  assert.match(await queue('show', queueId), /not now/)
  const { items } = JSON.parse(await queue('list', '--json')) as {
    readonly items: readonly { readonly id: string; readonly to: string; readonly code: number }[]
  }
  assert.equal(items.find(({ id }) => id === queueId)?.code, 450)
  const trace = await world.house.run('trace', queueId)
  assert.match(trace, /not now/)
  assert.match(trace, new RegExp(to.replace('.', '[.]')))
})

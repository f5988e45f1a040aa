import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ada, isDeferred } from './house/outbound-house.ts'
import { at, ManyHosts } from './house/outbound-many-hosts.ts'
import { parseReport } from './house/outbound-report.ts'
import { absent } from './house/run-program.ts'
// Remote hosts that say no, not now, or nothing, at every step of the conversation (threats.md H1, H2).

const skip = absent('python3')
let world: ManyHosts

before(async () => {
  world = await ManyHosts.start()
})
after(async () => {
  await world.stop()
})

const transactionSteps = ['MAIL', 'RCPT', 'DATA', 'text'] as const

describe('a host that says "not now" is asked again, and its words are kept', () => {
  for (const step of ['greeting', ...transactionSteps] as const)
    test(`at ${step}`, async () => {
      const words = `451 4.7.1 come back at ${step}`
      const { host, queueId, name, raw } = await world.send(at(step, words))
      const [item] = await world.house.settled(queueId, isDeferred)
      assert.equal(item?.lastOutcome, 'deferred')
      assert.match(item.last?.text ?? '', new RegExp(`come back at ${step}`))
      assert.equal(item.last?.host, name)
      host.behave({})
      await world.house.retry(queueId)
      const [over] = await world.house.settled(queueId)
      assert.equal(over?.state, 'delivered')
      assert.equal(host.taken.length, 1)
      assert.ok(host.taken[0]?.octets.includes(raw.subarray(raw.indexOf('\r\n\r\n'))))
    })
})

test('a host that does not know EHLO is greeted with HELO', async () => {
  const { host, queueId } = await world.send(at('EHLO', '502 5.5.1 not known'))
  const [item] = await world.house.settled(queueId)
  assert.equal(item?.state, 'delivered')
  assert.ok(host.lines.includes('HELO mail.example.test'))
})

describe('a host that says "never" is believed, and the sender told', { skip }, () => {
  for (const step of transactionSteps)
    test(`at ${step}`, async () => {
      const { host, to, queueId, name } = await world.send(
        at(step, `550 5.7.1 not ever at ${step}`),
      )
      const [item] = await world.house.settled(queueId)
      assert.equal(item?.state, 'bounced')
      assert.equal(host.taken.length, 0)
      await isTold(to, name, `550 5.7.1 not ever at ${step}`)
    })
  test('in its greeting', async () => {
    const { to, queueId, name } = await world.send(at('greeting', '554 5.7.1 not ever'))
    const [item] = await world.house.settled(queueId)
    assert.equal(item?.state, 'bounced')
    await isTold(to, name, '554 5.7.1 not ever')
  })
})

async function isTold(to: string, name: string, words: string): Promise<void> {
  const report = await parseReport(await world.house.report(to))
  assert.equal(report.message['reporting-mta'], 'dns; mail.example.test')
  const [about] = report.recipients
  assert.equal(about?.['action'], 'failed')
  assert.equal(about['status'], '5.7.1')
  assert.equal(about['remote-mta'], `dns; ${name}`)
  assert.equal(about['diagnostic-code'], `smtp; ${words}`)
  assert.equal(report.fields['to'], ada)
  assert.equal(report.fields['auto-submitted'], 'auto-replied')
  assert.match(report.text.split('\n').slice(0, 5).join('\n'), new RegExp(to.replace('.', '[.]')))
  assert.match(report.returned['subject'] ?? '', /^message \d+$/)
}

describe('a host that falls silent costs a deadline, and is tried again', () => {
  for (const step of ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'] as const)
    test(`at ${step}`, async () => {
      const { host, queueId } = await world.send(at(step, { act: 'stall' }))
      const [item] = await world.house.settled(queueId, isDeferred)
      assert.equal(item?.lastOutcome, 'deferred')
      host.behave({})
      await world.house.retry(queueId)
      await world.house.settled(queueId)
      assert.equal(host.taken.length, 1)
    })
  test('after the final dot the outcome is unknown', async () => {
    const { queueId } = await world.send(at('text', { act: 'stall' }))
    const [item] = await world.house.settled(queueId, isDeferred)
    assert.equal(item?.lastOutcome, 'unknown')
  })
})

describe('a host that cuts the line is tried again', () => {
  for (const step of ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'] as const)
    test(`at ${step}`, async () => {
      const { host, queueId } = await world.send(at(step, { act: 'cut' }))
      const [item] = await world.house.settled(queueId, isDeferred)
      assert.equal(item?.lastOutcome, 'deferred')
      host.behave({})
      await world.house.retry(queueId)
      const [over] = await world.house.settled(queueId)
      assert.equal(over?.state, 'delivered')
      assert.equal(host.taken.length, 1)
    })
  test('after the final dot: unknown, and sent again with the same Message-ID', async () => {
    const seen: string[] = []
    const { host, queueId, raw } = await world.send({
      on: {
        text: (sender, count) => {
          seen.push(sender)
          return count === 1 ? { act: 'cut' } : undefined
        },
      },
    })
    const [item] = await world.house.settled(queueId, isDeferred)
    assert.equal(item?.lastOutcome, 'unknown')
    await world.house.retry(queueId)
    await world.house.settled(queueId)
    assert.deepEqual(seen, [ada, ada])
    assert.equal(host.taken.length, 1)
    const [id = ''] = /^Message-ID: .*$/m.exec(raw.toString()) ?? []
    assert.ok(host.taken[0]?.octets.includes(id))
    assert.deepEqual(
      (await world.house.inbox()).filter(
        (each) => each.includes('multipart/report') && each.includes(id),
      ),
      [],
    )
  })
})

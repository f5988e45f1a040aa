import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { defaultPassword, logIn, readGreeting, testActor } from '@posthouse/testkit'
import { fileOf, letter, mixed } from './house/filter-letters.ts'
import { LineClient } from './house/line-client.ts'
import { ada, isDeferred } from './house/outbound-house.ts'
import { noPostfix } from './house/postfix.ts'
import { sampleMail } from './house/sample-mail.ts'
import { TraceWorld, type Step } from './house/trace-world.ts'
import { waitFor } from './house/wait-for.ts'

// What `posthouse trace` tells of a message is what happened, by the logs of the servers at the other end.

const skip = noPostfix()
const greylisted = '450 4.7.1 <bob@slow.test>: greylisted, come back in 300 s'
let world: TraceWorld

before(async () => {
  if (skip !== false) return
  world = await TraceWorld.start()
  await world.set('inbound.junk=2')
  await world.house.store.aliases.create('away@example.test', ['friend@there.test'], testActor)
})
after(async () => {
  if (skip === false) await world.stop()
})

/** Steps by what they came to. */
function resultsOf(steps: readonly Step[]): readonly string[] {
  return steps.map(({ result }) => result)
}

function stepOf(steps: readonly Step[], result: string): Step {
  const found = steps.find((step) => step.result === result)
  assert.ok(found, `${result} in ${resultsOf(steps).join(' ')}`)
  return found
}

/** The queue id that we gave, and the second at which Postfix noted it: `status=sent (250 2.0.0 ID stored)`. */
async function takenBy(to: string, sender: string): Promise<{ id: string; atMs: number }> {
  const own = await world.logged(` from=<${sender}>`, 'queue active')
  const [, name = ''] = /qmgr\[\d+\]: ([0-9A-F]+):/.exec(own) ?? []
  const line = await world.logged(name, `to=<${to}>`, 'status=sent')
  const [, id] = /\(250 2\.0\.0 ([0-9A-Z]{26}) stored\)/.exec(line) ?? []
  assert.ok(id, line)
  return { id, atMs: loggedMs(line) }
}

/** The moment of a line in Postfix's log. */
function loggedMs(line: string): number {
  const [, day = '', time = ''] = /^(\w{3} +\d+) ([\d:]{8}) /.exec(line) ?? []
  return Date.parse(`${day} ${new Date().getFullYear()} ${time}`)
}

/** The other end writes its log by its own clock's second, a moment before or after us; hours would be a mistake. */
function assertNear(step: Step, atMs: number): void {
  const apart = Math.abs(Date.parse(step.t) - atMs)
  assert.ok(apart < 60_000, `${step.result} at ${step.t}, and there at ${new Date(atMs).toJSON()}`)
}

async function fetchByImap(mailbox: string): Promise<void> {
  const connection = await world.house.suite.connect('imap')
  const client = new LineClient(connection)
  await client.ok(`LOGIN ${ada} ${defaultPassword}`)
  await client.ok(`SELECT ${mailbox}`)
  await client.ok('FETCH 1:* BODY.PEEK[]')
  await client.ok('LOGOUT')
  connection.close()
}

async function fetchByPop3(): Promise<void> {
  const connection = await world.house.suite.connect('pop3s')
  await readGreeting(connection, 'pop3s')
  await logIn(connection, 'pop3s', ada)
  connection.sendLine('RETR 1')
  await connection.readLines((line) => line === '.')
  connection.sendLine('QUIT')
  await connection.readLine()
  connection.close()
}

describe('posthouse trace', { skip }, () => {
  test('tells of a message that was delivered, from the connection to the first fetch', async () => {
    const raw = letter({ from: 'grace@writer.test', subject: 'Quarterly figures' })
    await world.bring('grace@writer.test', ada, raw)
    const { id, atMs } = await takenBy(ada, 'grace@writer.test')
    const [, messageId = ''] = /^Message-ID: (<.*>)/m.exec(raw.toString()) ?? []
    await fetchByImap('INBOX')
    await fetchByPop3()
    // One by IMAP, one by POP3.
    const steps = await world.traceWith(2, 'fetched', id)
    const filtered = stepOf(steps, 'judged')
    assert.equal(filtered['action'], 'deliver')
    const proofs = filtered['authentication'] as readonly string[]
    assert.ok(proofs.includes('spf=pass') && proofs.includes('dmarc=pass'), proofs.join(' '))
    const kept = await world.house.store.verdicts.find(id)
    const symbols = (filtered['findings'] as readonly string[]).map((text) => text.split(' ')[0])
    assert.ok(symbols.length > 0)
    assert.deepEqual(
      symbols,
      kept?.findings.map(({ symbol }) => symbol),
    )
    const delivered = stepOf(steps, 'delivered')
    assertNear(delivered, atMs)
    const { account, mailbox, door, client, helo, tls, sender } = delivered
    assert.deepEqual(
      { account, mailbox, door, client, helo, tls, sender },
      {
        account: ada,
        mailbox: 'INBOX',
        door: 'mx',
        client: '127.0.0.1',
        helo: 'mx.there.test',
        tls: 'TLSv1.3',
        sender: 'grace@writer.test',
      },
    )
    const over = steps.filter(({ result }) => result === 'fetched').map(({ by }) => by)
    assert.deepEqual(new Set(over), new Set(['imap', 'pop3']))
    const first = stepOf(steps, 'fetched')
    assert.ok(String(first['from']) >= delivered.t && String(first['from']) <= first.t)

    for (const way of [
      [messageId],
      ['--subject', 'quarterly'],
      ['--from', 'grace@writer.test', '--to', ada, '--since', '1h', '--verdict', 'deliver'],
    ]) {
      assert.deepEqual(await world.trace(...way), steps, way.join(' '))
    }
    const atAddress = await world.trace(ada)
    assert.ok(atAddress.some((step) => step.id === id))
    const text = await world.house.run('trace', id)
    assert.match(
      text,
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +DELIVER +ada@example\.test INBOX 1 /m,
    )
    assert.match(text, /FETCH +ada@example\.test INBOX 1 over IMAP, at \d{4}-/)
  })

  test('tells of one that the filter put into Junk, and why', async () => {
    const raw = letter({ from: 'boss@forged.test', subject: 'Urgent payment' })
    await world.bring('boss@forged.test', ada, raw)
    const { id, atMs } = await takenBy(ada, 'boss@forged.test')
    const steps = await world.trace('--verdict', 'junk')
    assert.deepEqual(new Set(steps.map((step) => step.id)), new Set([id]))
    const filtered = stepOf(steps, 'judged')
    assert.equal(filtered['action'], 'junk')
    assert.ok((filtered['authentication'] as readonly string[]).includes('spf=fail'))
    const symbols = filtered['findings'] as readonly string[]
    assert.ok(
      symbols.some((text) => text.startsWith('SPF_')),
      symbols.join(', '),
    )
    const delivered = stepOf(steps, 'delivered')
    assert.equal(delivered.mailbox, 'Junk')
    assertNear(delivered, atMs)
  })

  test('tells why an account has a copy elsewhere than the verdict says', async () => {
    await world.house.run('account', 'set', ada, 'filter.junk=never')
    let tries = 0
    // The MX hears of the change a moment later.
    const delivered = await waitFor('a copy in INBOX', async () => {
      const sender = `boss${++tries}@forged.test`
      await world.bring(sender, ada, letter({ from: sender, subject: 'Again' }))
      const { id } = await takenBy(ada, sender)
      const step = stepOf(await world.trace(id), 'delivered')
      return step.mailbox === 'INBOX' ? step : undefined
    })
    assert.equal(delivered['because'], 'by its own thresholds')
    await world.house.run('account', 'set', ada, 'filter.junk=')
  })

  test('tells of one that was kept aside, by what id, and of its release', async () => {
    const raw = mixed([fileOf('tools.iso', Buffer.alloc(3_000))], { from: 'kim@writer.test' })
    await world.bring('kim@writer.test', ada, raw)
    const { id, atMs } = await takenBy(ada, 'kim@writer.test')
    const steps = await world.trace(id)
    assert.deepEqual(resultsOf(steps), ['judged', 'quarantined'])
    const aside = stepOf(steps, 'quarantined')
    assertNear(aside, atMs)
    assert.deepEqual([aside['to'], aside['reason']], [ada, 'policy'])
    const kept = String(aside['quarantine'])
    await world.house.run('quarantine', 'release', kept, '--yes')
    const later = await world.trace(id)
    assert.deepEqual(resultsOf(later).slice(0, 3), ['judged', 'quarantined', 'delivered'])
    assert.equal(stepOf(later, 'delivered').mailbox, 'INBOX')
  })

  test('tells of one that was put off and then sent, as it happens', async () => {
    world.answerRecipients(greylisted)
    const to = 'bob@slow.test'
    let id = ''
    const send = async (): Promise<void> => {
      id = await world.house.submit(to, sampleMail(1, ada, to))
      await world.house.settled(id, isDeferred)
      await world.house.retry(id)
      await world.house.settled(id)
    }
    const { steps, code } = await world.following(
      ['--to', to, '--since', '1h'],
      send,
      ({ result }) => result === 'sent',
    )
    assert.equal(code, 0)
    assert.deepEqual(steps, await world.trace(id))
    assert.deepEqual(resultsOf(steps), ['judged', 'queued', 'defer', 'retried', 'sent'])
    const queued = stepOf(steps, 'queued')
    const { account, door, client, tls, recipients } = queued
    assert.deepEqual(
      { account, door, client, tls, recipients },
      { account: ada, door: 'submission', client: '127.0.0.1', tls: 'TLSv1.3', recipients: [to] },
    )
    const [first, second] = world.said
    const deferred = stepOf(steps, 'defer')
    const { code: number, enhanced, text } = deferred.smtp ?? {}
    assert.equal(`${number} ${enhanced} ${text}`, first?.reply)
    assert.equal(deferred.remote?.mx, 'mx.slow.test')
    assertNear(deferred, first?.atMs ?? 0)
    assert.ok(String(deferred['next']) > deferred.t)
    const sent = stepOf(steps, 'sent')
    assertNear(sent, second?.atMs ?? 0)
    assert.deepEqual([sent['attempt'], sent.smtp?.text], [2, 'Ok: queued as 4XyZ42'])
  })

  test('tells of one that a host refused at RCPT, in the words of its log', async () => {
    const to = 'nobody@there.test'
    const id = await world.house.submit(to, sampleMail(2, ada, to))
    await world.house.settled(id)
    const line = await world.logged('NOQUEUE: reject: RCPT', to)
    const bounced = stepOf(await world.trace(id), 'bounce')
    const { code, enhanced, text } = bounced.smtp ?? {}
    assert.ok(line.includes(`: ${code} ${enhanced} ${text};`), `${line}\n${String(text)}`)
    assert.equal(bounced.remote?.mx, 'mx.there.test')
    assertNear(bounced, loggedMs(line))
    await world.house.report(to)
    const reports = await world.trace('--from', '<>', '--to', ada)
    const report = stepOf(reports, 'delivered')
    assert.deepEqual([report.mailbox, report['door'], report['about']], ['INBOX', 'report', id])
  })

  test('tells of one that came back after days of trying', async () => {
    world.answerRecipients(
      ...Array.from({ length: 20 }, () => '451 4.3.2 <carl@slow.test>: not today'),
    )
    const told = world.said.length
    const to = 'carl@slow.test'
    const id = await world.house.submit(to, sampleMail(3, ada, to))
    for (const attempt of [1, 2, 3]) {
      await world.house.settled(id, (item) => isDeferred(item) && item.attempts === attempt)
      await world.age(2)
      await world.house.retry(id)
    }
    await world.house.settled(id)
    const steps = await world.trace(id)
    const attempts = steps.filter(({ stage }) => stage === 'delivery')
    const said = world.said.slice(told)
    assert.equal(attempts.length, said.length)
    assert.deepEqual(resultsOf(attempts), [...said.slice(1).map(() => 'defer'), 'bounce'])
    for (const [index, step] of attempts.entries()) {
      assertNear(step, said[index]?.atMs ?? 0)
      assert.match(step.smtp?.text ?? '', /not today/)
      assert.equal(step['attempt'], index + 1)
    }
    await world.house.report(to)
  })

  test('tells of one that was passed on, and under what sender', async () => {
    const to = 'away@example.test'
    await world.bring('lee@writer.test', to, letter({ from: 'lee@writer.test', subject: 'Onward' }))
    const { id, atMs } = await takenBy(to, 'lee@writer.test')
    const steps = await world.traceWith(1, 'sent', id)
    assert.deepEqual(resultsOf(steps), ['judged', 'queued', 'sent'])
    const queued = stepOf(steps, 'queued')
    assertNear(queued, atMs)
    assert.match(String(queued['sender']), /^SRS0=[^@]+=writer\.test=lee@example\.test$/)
    assert.deepEqual(queued['recipients'], ['friend@there.test'])
    const line = await world.logged(`from=<${String(queued['sender'])}>`, 'queue active')
    const [, name = ''] = /qmgr\[\d+\]: ([0-9A-F]+):/.exec(line) ?? []
    const sent = stepOf(steps, 'sent')
    assert.equal(sent.smtp?.text, `Ok: queued as ${name}`)
    assertNear(sent, loggedMs(line))
    assert.deepEqual(await world.trace('--subject', 'onward', '--to', 'friend@there.test'), steps)
  })
})

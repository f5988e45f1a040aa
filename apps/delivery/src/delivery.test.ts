import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { body, enqueue, eventually, inbox, settled, startDelivery } from './delivery.fixture.ts'
import { testActor } from '@posthouse/testkit'
import { startSink } from './sink.fixture.ts'

const sink = await startSink()
const suite = await startDelivery(sink.port)
after(async () => {
  // Stopping checks the store.
  await suite.stop()
  await sink.close()
})

let accounts = 0

/** A sender of ours whose INBOX a test can look at. */
async function newSender(): Promise<string> {
  accounts += 1
  const address = `sender${accounts}@example.test`
  await suite.account(address)
  return address
}

test('a queued message arrives as it was, with what was prepended, in one transaction', async () => {
  sink.behave()
  const queueId = await enqueue(suite.store, ['bob@there.test', 'Eve@There.test'])
  const items = await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.deepEqual(
    items.map(({ last }) => last?.text),
    ['taken', 'taken'],
  )
  assert.deepEqual(
    items.map(({ last }) => last?.host),
    ['mx.there.test', 'mx.there.test'],
  )
  assert.equal(sink.taken.length, 1)
  const [taken] = sink.taken
  assert.equal(taken?.sender, 'ada@example.test')
  assert.deepEqual(taken?.recipients, ['bob@there.test', 'Eve@There.test'])
  assert.equal(taken?.octets.toString(), `Received: by test\r\n${body}`)
})

test('many messages go over few connections, each exactly once', async () => {
  sink.behave()
  const before = sink.connections
  const ids = await Promise.all(
    Array.from({ length: 200 }, (_, at) => enqueue(suite.store, [`user${at}@there.test`])),
  )
  for (const id of ids) await settled(suite.store, id, ({ state }) => state === 'delivered')
  assert.equal(sink.taken.length, 200)
  assert.equal(new Set(sink.taken.map(({ recipients }) => recipients[0])).size, 200)
  assert.ok(sink.connections - before < 100)
})

test('a greylisted message is tried again, and then arrives', async () => {
  let isGrey = true
  sink.behave({
    rcpt: () => (isGrey ? '451 4.7.1 Greylisted, come back' : undefined),
  })
  const queueId = await enqueue(suite.store, ['bob@there.test'])
  const [item] = await settled(
    suite.store,
    queueId,
    ({ lastOutcome }) => lastOutcome === 'deferred',
  )
  assert.equal(item?.state, 'waiting')
  assert.deepEqual([item?.last?.code, item?.last?.enhanced], [451, '4.7.1'])
  assert.ok(item?.nextAt !== undefined && item.nextAt.getTime() > Date.now() + 60_000)
  isGrey = false
  assert.equal(await suite.store.queue.retry({ queueIds: [queueId] }), 1)
  await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.equal(sink.taken.length, 1)
})

test('each recipient has an outcome of its own; the sender hears of the failure in plain words', async () => {
  sink.behave({
    rcpt: (line) => {
      if (line.includes('nobody')) return '550 5.1.1 No such user'
      return line.includes('later') ? '452 4.2.2 Full' : undefined
    },
  })
  const sender = await newSender()
  const addresses = ['bob@there.test', 'nobody@there.test', 'later@there.test']
  const queueId = await enqueue(suite.store, addresses, { sender })
  const items = await settled(suite.store, queueId, ({ lastOutcome }) => lastOutcome !== undefined)
  assert.deepEqual(
    items.map(({ lastOutcome }) => lastOutcome),
    ['delivered', 'bounced', 'deferred'],
  )
  assert.deepEqual(sink.taken[0]?.recipients, ['bob@there.test'])
  const [report, ...more] = await inbox(suite, sender)
  assert.equal(more.length, 0)
  assert.ok(report?.startsWith(`Return-Path: <>\r\nDelivered-To: ${sender}\r\nReceived: by `))
  assert.match(report ?? '', /\r\nSubject: Not delivered: hi\r\n/)
  assert.match(
    report ?? '',
    /\r\nYour message was not delivered to <nobody@there\.test>\.\r\nWhy: There is no/,
  )
  assert.match(report ?? '', /mx\.there\.test said: 550 5\.1\.1 No such user/)
  assert.match(report ?? '', /\r\nAction: failed\r\nStatus: 5\.1\.1\r\n/)
  assert.match(report ?? '', /\r\nSubject: hi\r\n/)
  assert.doesNotMatch(report ?? '', /Final-Recipient: rfc822; (bob|later)@/)
})

test('a refused report is dropped: nothing bounces a bounce', async () => {
  sink.behave({ rcpt: () => '550 5.1.1 No' })
  const queueId = await enqueue(suite.store, ['bob@there.test'], { sender: '' })
  await settled(suite.store, queueId, ({ state }) => state === 'bounced')
  const ours = await suite.store.queue.list({ sender: '' })
  assert.deepEqual(ours, [])
})

test('the report for a foreign sender goes through the queue, from the null sender', async () => {
  sink.behave({
    rcpt: (line) => (line.includes('nobody') ? '550 5.1.1 No such user' : undefined),
  })
  await enqueue(suite.store, ['nobody@there.test'], { sender: 'far@other.test' })
  const report = await eventually('the report', () => sink.taken[0])
  assert.equal(report.sender, '')
  assert.deepEqual(report.recipients, ['far@other.test'])
  assert.match(report.octets.toString(), /Content-Type: multipart\/report/)
})

test('NOTIFY decides who is told: never, and success where the next host does not tell', async () => {
  sink.behave({
    extensions: ['PIPELINING'],
    rcpt: (line) => (line.includes('nobody') ? '550 5.1.1 No such user' : undefined),
  })
  const sender = await newSender()
  const queueId = await enqueue(suite.store, [], {
    sender,
    envelopeId: 'my envelope',
    recipients: [
      { address: 'nobody@there.test', notify: ['never'] },
      {
        address: 'bob@there.test',
        notify: ['success'],
        originalRecipient: 'rfc822;Bob@there.test',
      },
    ],
  })
  await settled(suite.store, queueId, ({ lastOutcome }) => lastOutcome !== undefined)
  const reports = await inbox(suite, sender)
  assert.equal(reports.length, 1)
  assert.match(reports[0] ?? '', /Original-Envelope-Id: my envelope\r\n/)
  assert.match(reports[0] ?? '', /Original-Recipient: rfc822;Bob@there\.test\r\n/)
  assert.match(reports[0] ?? '', /Action: relayed\r\n/)
  assert.doesNotMatch(reports[0] ?? '', /nobody/)
})

test('a host with DSN gets NOTIFY, ORCPT, RET and ENVID, and reports itself', async () => {
  sink.behave()
  const sender = await newSender()
  const queueId = await enqueue(suite.store, [], {
    sender,
    envelopeId: 'a b',
    returnContent: 'headers',
    recipients: [
      {
        address: 'bob@there.test',
        notify: ['success', 'failure'],
        originalRecipient: 'rfc822;b+b@there.test',
      },
    ],
  })
  await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.ok(sink.lines.some((line) => /^MAIL FROM:<sender\d+@example\.test>.* RET=HDRS/.test(line)))
  assert.ok(sink.lines.some((line) => line.includes('ENVID=a+20b')))
  assert.ok(
    sink.lines.some((line) =>
      line.includes('NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bb@there.test'),
    ),
  )
  assert.deepEqual(await inbox(suite, sender), [])
})

test('a connection lost after the final dot is an unknown outcome, and tried again', async () => {
  let isCut = true
  sink.behave({ message: () => (isCut ? 'cut' : undefined) })
  const queueId = await enqueue(suite.store, ['bob@there.test'])
  const [item] = await settled(suite.store, queueId, ({ lastOutcome }) => lastOutcome === 'unknown')
  assert.equal(item?.state, 'waiting')
  isCut = false
  await suite.store.queue.retry({ queueIds: [queueId] })
  await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.equal(sink.taken.length, 1)
})

test('broken TLS is followed by a try in the clear', async () => {
  sink.behave({ breaksTls: true })
  const queueId = await enqueue(suite.store, ['bob@there.test'])
  await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.equal(sink.taken.length, 1)
  assert.ok(sink.lines.includes('STARTTLS'))
})

test('when all hosts are away the message waits, and the words say of whom', async () => {
  sink.behave()
  const queueId = await enqueue(suite.store, ['bob@away.test'])
  const [item] = await settled(
    suite.store,
    queueId,
    ({ lastOutcome }) => lastOutcome === 'deferred',
  )
  assert.equal(item?.state, 'waiting')
  assert.match(item?.last?.text ?? '', /away\.test \[127\.0\.0\.5\]/)
})

test('domains without mail are told at once, without asking anybody', async () => {
  sink.behave()
  const sender = await newSender()
  const none = await enqueue(suite.store, ['bob@null.test'], { sender })
  const [item] = await settled(suite.store, none, ({ state }) => state === 'bounced')
  assert.equal(item?.last?.enhanced, '5.1.10')
  const missing = await enqueue(suite.store, ['bob@missing.test'], { sender })
  await settled(suite.store, missing, ({ state }) => state === 'bounced')
  const reports = await inbox(suite, sender)
  assert.equal(reports.length, 2)
  assert.ok(reports.some((report) => report.includes('There is no domain missing.test')))
})

test('what the next host cannot take comes back: 8-bit text, Unicode addresses', async () => {
  sink.behave({ extensions: ['PIPELINING'] })
  const eight = await enqueue(suite.store, ['bob@there.test'], { isEightBit: true })
  const [first] = await settled(suite.store, eight, ({ state }) => state === 'bounced')
  assert.equal(first?.last?.enhanced, '5.6.3')
  const wide = await enqueue(suite.store, ['jürgen@there.test'], { needsSmtpUtf8: true })
  const [second] = await settled(suite.store, wide, ({ state }) => state === 'bounced')
  assert.equal(second?.last?.enhanced, '5.6.7')
  assert.equal(sink.taken.length, 0)
})

test('recipients that are too many for one transaction go in the next', async () => {
  let count = 0
  sink.behave({
    mail: () => {
      count = 0
      return undefined
    },
    rcpt: () => ((count += 1) > 2 ? '452 4.5.3 Too many recipients' : undefined),
  })
  const addresses = Array.from({ length: 5 }, (_, at) => `user${at}@there.test`)
  const queueId = await enqueue(suite.store, addresses)
  await settled(suite.store, queueId, ({ state }) => state === 'delivered')
  assert.deepEqual(
    sink.taken.flatMap(({ recipients }) => recipients),
    addresses,
  )
  assert.equal(sink.taken.length, 3)
})

test('a host that takes no mail at all (521) bounces; one that is busy (421) does not', async () => {
  sink.behave({ greeting: () => '521 5.3.2 No mail here' })
  const refused = await enqueue(suite.store, ['bob@there.test'])
  const [item] = await settled(suite.store, refused, ({ lastOutcome }) => lastOutcome !== undefined)
  assert.equal(item?.state, 'bounced')
  sink.behave({ greeting: () => '421 4.3.2 Busy' })
  const later = await enqueue(suite.store, ['bob@there.test'])
  const [busy] = await settled(suite.store, later, ({ lastOutcome }) => lastOutcome !== undefined)
  assert.deepEqual([busy?.state, busy?.last?.code], ['waiting', 421])
})

test('the report about a message that requires TLS requires it too, and quotes the header only', async () => {
  // It stays in the queue to be looked at.
  await suite.store.queue.pause('other.test', { because: 'a test' }, testActor)
  const more = { sender: 'far@other.test', requiresTls: true, returnContent: 'full' } as const
  const queueId = await enqueue(suite.store, ['bob@null.test'], more)
  await settled(suite.store, queueId, ({ state }) => state === 'bounced')
  const reports = await suite.store.queue.list({ destination: 'other.test' })
  const [report] = reports.filter(({ sender }) => sender === '')
  const octets = (await suite.store.queue.contents([report?.queueId ?? ''])).get(
    report?.queueId ?? '',
  )
  assert.match(octets?.toString() ?? '', /Content-Type: text\/rfc822-headers/)
  assert.doesNotMatch(octets?.toString() ?? '', /\.dot/)
  await suite.store.queue.resume('other.test', testActor)
})

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { computeFacts } from '@posthouse/message'
import {
  newUuid,
  uuidToBase32,
  type Account,
  type AttemptOutcome,
  type QueueSubmission,
} from '@posthouse/store'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
let ada: Account
before(async () => {
  house = await openCommandHouse()
  ada = await house.account('ada@example.test')
})
after(() => house.close())
beforeEach(async () => {
  await house.store.queue.drop({})
})

async function submit(
  to: string | readonly string[],
  more: Partial<QueueSubmission> = {},
): Promise<string> {
  const octets = Buffer.from(
    'From: ada@example.test\r\nSubject: Lunch\r\n\r\nAt \u001b[31mnoon.\r\n',
  )
  const queueId = uuidToBase32(newUuid())
  await house.store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId,
    recipients: [],
    outbound: {
      account: ada.id,
      sender: ada.address,
      prefix: Buffer.from('Received: by here\r\n'),
      recipients: [to].flat().map((address) => ({ address })),
      isEightBit: false,
      needsSmtpUtf8: false,
      ...more,
    },
  })
  return queueId
}

/** One attempt for everything that is due at a domain, and its end. */
async function attempt(
  domain: string,
  kind: AttemptOutcome['kind'],
  reply: AttemptOutcome['reply'],
): Promise<void> {
  const request = { worker: 'w', destinations: 10, perDestination: 100, leaseSeconds: 60 }
  const claim = await house.store.queue.claim({ ...request, only: [domain] })
  const outcomes = claim.messages.flatMap(({ queueId, recipients }) =>
    recipients.map(({ n }) => ({ queueId, n, kind, reply, retryInSeconds: 3_600 })),
  )
  await house.store.queue.record(claim.token, outcomes)
}

const greylisted = {
  host: 'mx.b.test',
  code: 451,
  enhanced: '4.7.1',
  text: 'Greylisted, try later',
}
const statesOf = async (id: string) => (await house.store.queue.show(id)).map(({ state }) => state)

/** What another process delivered is there; a session of this one hears of it a moment later. */
async function inInbox(): Promise<readonly string[]> {
  const mailboxes = house.store.mailboxes(ada.id)
  const inbox = (await mailboxes.find('INBOX')) ?? assert.fail()
  const messages = (await mailboxes.status([inbox.id])).get(inbox.id)?.messages ?? 0
  for (;;) {
    const open = (await house.store.open(ada.id, inbox.id, { readOnly: true })) ?? assert.fail()
    const uids = Array.from({ length: open.state.size }, (_, i) => open.state.uidAt(i))
    const texts = await Promise.all(uids.map(async (uid) => String((await open.octets(uid)) ?? '')))
    open.close()
    if (texts.length >= messages) return texts
    await setTimeout(100)
  }
}

test('a list says who waits for what, in plain words, and can be narrowed down', async () => {
  assert.match((await house.run('queue', 'list')).stderr, /The queue is empty/)
  const id = await submit('bob@b.test')
  await submit('carol@c.test')
  await attempt('b.test', 'deferred', greylisted)
  const table = await house.ok('queue', 'list')
  assert.match(table, /^ID +AGE +FROM +TO +TRIES +NEXT +ANSWER\n/)
  const row = `${id} +\\d+s +ada@example.test +bob@b.test +1 +in 60m +The other server asks.*\\(4\\.7\\.1\\)`
  assert.match(table, new RegExp(row))
  assert.match(table, /carol@c.test +0 +now +-/)
  const filters = [
    ['--domain', 'B.test'],
    ['--to', 'BOB@b.test'],
    ['--state', 'deferred'],
    ['--from', 'example.test', '--to', 'bob@b.test'],
    ['--account', 'ada@example.test', '--to', 'bob@b.test'],
  ]
  for (const filter of filters)
    assert.equal(await house.ok('queue', 'list', '-q', ...filter), `${id}\n`, filter.join(' '))
  const nothing = [
    ['--older', '1h'],
    ['--from', 'b.test'],
    ['--held-by', 'rule'],
  ]
  for (const filter of nothing) {
    const { stderr, stdout } = await house.run('queue', 'list', ...filter)
    assert.equal(stdout, '')
    assert.match(stderr, /Nothing in the queue is like that; 2 recipients in all/)
  }
  const document = await house.json('queue', 'list', '--domain', 'b.test')
  assert.equal(document['kind'], 'QueuedRecipientList')
  assert.deepEqual((document['items'] as { readonly cause: string }[])[0]?.cause, 'greylisting')
})

test('options that mean nothing are refused before anything is done', async () => {
  const wrong = [
    ['list', '--state', 'happy'],
    ['list', '--larger', 'huge'],
    ['retry'],
    ['drop', '-y'],
    ['pause', '--for', 'yesterday'],
    ['rules', 'add'],
    ['suppress', 'add', 'nobody'],
  ]
  for (const args of wrong) assert.notEqual(await house.refused(2, 'queue', ...args), '')
  await house.refused(5, 'queue', 'list', '--account', 'nobody@example.test')
})

test('a message is shown with what happened to each recipient, and what comes next', async () => {
  const id = await submit(['bob@b.test', 'eve@other.test'])
  await attempt('b.test', 'deferred', greylisted)
  await attempt('other.test', 'bounced', {
    host: 'mx.other.test',
    code: 550,
    enhanced: '5.1.1',
    text: 'No such user\r\nhere \u001b[31m',
  })
  const { code, stdout, stderr } = await house.run('queue', 'show', id.toLowerCase(), '--body')
  assert.equal(code, 0)
  assert.match(stdout, /bob@b\.test: tried again in 60m\n {2}The other server asks/)
  assert.match(stdout, /answered by mx\.b\.test:\n {4}451 4\.7\.1 Greylisted, try later\n/)
  assert.match(stdout, /eve@other\.test: undeliverable/)
  assert.match(stdout, / {4}550 5\.1\.1 No such user *\n {4}here  ?\[31m/)
  assert.match(
    stdout,
    /\nReceived: by here\nFrom: ada@example.test\nSubject: Lunch\n\nAt \ufffd\[31mnoon\./,
  )
  assert.match(stderr, new RegExp(`posthouse queue retry ${id}`))
  assert.match(await house.ok('queue', 'show', id, '--text'), /\nSubject: [^]*\n\n[^]+\n/)
  assert.equal(typeof (await house.json('queue', 'show', id, '--text'))['readableText'], 'string')
  const document = await house.json('queue', 'show', id, '--headers')
  assert.equal((document['recipients'] as unknown[]).length, 2)
  assert.match(String(document['content']), /Subject: Lunch$/)
  await house.refused(5, 'queue', 'show', '0'.repeat(26))
})

test('a hold keeps, a dry run does nothing, a retry does not release, a release lets go', async () => {
  const id = await submit('bob@b.test')
  const dry = await house.run('queue', 'hold', id, '-n')
  assert.match(dry.stderr, /Would hold 1 recipient\./)
  assert.match(dry.stdout, /bob@b.test/)
  assert.deepEqual(await statesOf(id), ['waiting'])
  const held = await house.run('queue', 'hold', '--domain', 'b.test', '--because', 'ask Grace')
  assert.match(
    held.stderr,
    /1 recipient is held\.\nNext: posthouse queue release --domain b\.test --held-by operator\n/,
  )
  assert.match(await house.ok('queue', 'list'), /held by an operator: ask Grace/)
  assert.match(await house.ok('queue', 'show', id), /bob@b.test: held by an operator: ask Grace/)
  assert.equal((await house.json('queue', 'retry', id))['recipients'], 0)
  assert.deepEqual(await statesOf(id), ['held'])
  assert.match((await house.run('queue', 'release', id, '-n')).stderr, /Would release 1/)
  await house.ok('queue', 'release', id)
  assert.deepEqual(await statesOf(id), ['waiting'])
  const actions = (await house.store.audit.list({ object: id })).map(({ action }) => action)
  assert.deepEqual(actions, ['queue.released'])
  await house.refused(5, 'queue', 'hold', '0'.repeat(26))
  await house.ok('queue', 'drop', id, '-y')
  assert.match(await house.refused(6, 'queue', 'hold', id), /has ended/)
})

test('a hold of what was deferred tells how to release that, and no more', async () => {
  const id = await submit('bob@b.test')
  await submit('carol@c.test')
  await attempt('b.test', 'deferred', greylisted)
  const held = await house.run(
    'queue',
    'hold',
    '--state',
    'deferred',
    '--from',
    '<ada@example.test>',
  )
  const words = /Next: posthouse queue release --from '<ada@example\.test>' --held-by operator\n/
  assert.match(held.stderr, words)
  assert.equal(await house.ok('queue', 'list', '-q', '--held-by', 'operator'), `${id}\n`)
})

test('what is dropped is gone without a word; dropping everything wants its name', async () => {
  const id = await submit('bob@b.test')
  await submit('carol@c.test')
  assert.match(await house.refused(2, 'queue', 'drop', id), /--yes/)
  assert.match((await house.run('queue', 'drop', '--all', '-n')).stderr, /Would drop 2 recipients/)
  assert.match(await house.refused(2, 'queue', 'drop', '--all', '--yes'), /--confirm queue/)
  await house.refused(2, 'queue', 'drop', '--all', '--confirm', 'que')
  await house.ok('queue', 'drop', '--all', '--confirm', 'queue')
  assert.deepEqual(await statesOf(id), ['dropped'])
  assert.deepEqual(await inInbox(), [])
})

test('what is failed comes back to its sender at once, held or not, while nothing runs', async () => {
  const id = await submit(['bob@b.test', 'carol@c.test'], { held: 'suspicious' })
  const why = 'Bob has left the company.'
  assert.match(await house.refused(2, 'queue', 'fail', id, '--because', why), /--yes/)
  assert.match((await house.run('queue', 'fail', id, '-n')).stderr, /Would fail 2 recipients/)
  assert.deepEqual(await inInbox(), [])
  const document = await house.json('queue', 'fail', id, '--because', why, '-y')
  assert.equal(document['recipients'], 2)
  assert.deepEqual(await statesOf(id), ['bounced', 'bounced'])
  const [report, ...others] = await inInbox()
  assert.ok(report !== undefined)
  assert.deepEqual(others, [])
  assert.match(report, /Subject: Not delivered: Lunch/)
  assert.match(report, /Bob has left the company\./)
  assert.match(report, /Final-Recipient: rfc822; ?bob@b\.test/i)
  assert.match(report, /Final-Recipient: rfc822; ?carol@c\.test/i)
  const [entry] = await house.store.audit.list({ object: id })
  assert.deepEqual([entry?.action, entry?.actor.via], ['queue.failed', 'cli'])
})

test('what is being sent at this moment is neither dropped nor failed', async () => {
  const id = await submit('bob@b.test')
  const request = { worker: 'w', destinations: 1, perDestination: 1, leaseSeconds: 600 }
  const { token } = await house.store.queue.claim(request)
  for (const verb of ['drop', 'fail']) {
    const { code, stderr } = await house.run('queue', verb, id, '-y')
    assert.equal(code, 6, stderr)
    assert.match(stderr, /1 recipient being sent at this moment/)
  }
  assert.deepEqual(await statesOf(id), ['active'])
  await house.store.queue.release(token)
})

test('a redirected message goes to one other address, of another server', async () => {
  const id = await submit(['bob@b.test', 'carol@c.test'])
  await house.refused(2, 'queue', 'redirect', id, 'ada@example.test', '-y')
  await house.refused(2, 'queue', 'redirect', id, 'not an address', '-y')
  const many = await house.refused(2, 'queue', 'redirect', id, 'bob@new.test', '-y')
  assert.match(many, /--to: bob@b\.test, carol@c\.test/)
  const to = ['--to', 'bob@b.test']
  assert.match(await house.refused(2, 'queue', 'redirect', id, 'bob@new.test', ...to), /--yes/)
  await house.ok('queue', 'redirect', id, 'bob@new.test', ...to, '-y')
  const addresses = (await house.store.queue.show(id)).map(({ address }) => address)
  assert.deepEqual(addresses, ['bob@new.test', 'carol@c.test'])
  assert.match(
    await house.ok('trace', id),
    /REDIRECT +to bob@new\.test, by an operator: to bob@new/,
  )
})

test('a pause is seen where it is asked for, and ends by its name', async () => {
  const id = await submit('bob@b.test')
  assert.match((await house.run('queue', 'pause', '-n')).stderr, /Would pause everything/)
  const paused = await house.run('queue', 'pause', '--domain', 'b.test', '--for', '2h')
  assert.match(paused.stderr, /Next: posthouse queue resume --domain b\.test/)
  assert.match(await house.ok('queue', 'list'), /bob@b\.test +0 +paused/)
  assert.match((await house.run('queue', 'list')).stderr, /Paused: b\.test until /)
  assert.match(await house.ok('queue', 'show', id), /waits, because b\.test is paused/)
  assert.match(await house.ok('queue', 'stats'), /^b\.test +1 +0 +\d+ +\w+ +paused/m)
  assert.match((await house.run('queue', 'retry', id)).stderr, /Paused: b\.test/)
  assert.match(await house.ok('queue', 'pauses'), /^b\.test +\S+ +\S+ +\S+ +\w+ said so/m)
  assert.match(await house.refused(5, 'queue', 'resume'), /paused are: b\.test/)
  assert.match((await house.run('queue', 'resume', '--domain', 'B.test', '-n')).stderr, /Would/)
  await house.ok('queue', 'resume', '--domain', 'B.test')
  assert.match((await house.run('queue', 'pauses')).stderr, /Nothing is paused/)
  await house.ok('queue', 'pause')
  assert.match(await house.ok('queue', 'show', id), /because everything is paused/)
  await house.ok('queue', 'resume')
})

test('a provider that is left alone is shown, and asked again at an operator’s word', async () => {
  const state = {
    provider: 'big.test',
    source: '192.0.2.1',
    connections: 1,
    rate: undefined,
    ramp: 20,
    rampAt: new Date(),
    suspendedUntil: new Date(Date.now() + 3_600_000),
    suspendedSince: new Date(),
    suspensions: 1,
    isResigned: false,
    because: 'reputation',
    last: { at: new Date(), host: 'mx', code: 554, enhanced: '5.7.1', text: 'You are listed' },
    maxRecipients: undefined,
    maxMessages: undefined,
  } as const
  await house.store.pace.write('w', [{ state, delivered: 3 }])
  const providers = ['queue', 'stats', '--by', 'provider']
  assert.match(
    await house.ok(...providers),
    /big\.test +192\.0\.2\.1 +suspended until .*refuses the message/,
  )
  const resume = ['queue', 'resume', '--provider']
  assert.match((await house.run(...resume, 'Big.test', '-n')).stderr, /Would ask big\.test again/)
  await house.ok(...resume, 'Big.test')
  assert.match(await house.ok(...providers), /big\.test +192\.0\.2\.1 +getting to know us/)
  assert.match(await house.refused(5, ...resume, 'big.test'), /It is asked as it is/)
  assert.match(await house.refused(5, ...resume, 'small.test'), /No such provider is known/)
  assert.equal(await house.store.pace.purge(-60), 1)
})

test('counts go by whatever is asked for, and say in words what hosts answered', async () => {
  assert.match((await house.run('queue', 'stats')).stderr, /The queue is empty/)
  await submit('bob@b.test')
  await attempt('b.test', 'deferred', greylisted)
  assert.match(await house.ok('queue', 'stats', '--by', 'error'), /^451 4\.7\.1 +1 .*asks servers/m)
  assert.match(await house.ok('queue', 'stats', '--by', 'sender'), /^ada@example\.test +1/m)
  assert.match(await house.ok('queue', 'stats', '--by', 'state'), /^deferred +1/m)
  assert.match(await house.ok('queue', 'stats', '--by', 'age'), /^10m +1/m)
  assert.match((await house.run('queue', 'stats', '--by', 'provider')).stderr, /No provider/)
})

test('rules are told in words, hold what is there, and leave it held when they go', async () => {
  const id = await submit('bob@b.test')
  const rule = ['--from', 'ada@example.test', '--domain', 'b.test', '--larger', '10']
  assert.match((await house.run('queue', 'rules', 'add', ...rule, '-n')).stderr, /Would hold 1/)
  assert.match((await house.run('queue', 'rules', 'list')).stderr, /No rule/)
  const number = (await house.ok('queue', 'rules', 'add', ...rule, '-q', '--because', 'x')).trim()
  assert.deepEqual(await statesOf(id), ['held'])
  const table = await house.ok('queue', 'rules', 'list')
  assert.match(table, /1 +from ada@example\.test and to b\.test and larger than 10 octets/)
  assert.equal(await house.ok('queue', 'list', '--rule', number, '-q'), `${id}\n`)
  assert.match((await house.run('queue', 'rules', 'rm', number, '-n')).stderr, /Would remove/)
  const removed = await house.run('queue', 'rules', 'rm', number)
  assert.match(removed.stderr, /1 recipient held by it stay held/)
  await house.refused(5, 'queue', 'rules', 'rm', number)
  await house.ok('queue', 'release', '--rule', number)
  assert.deepEqual(await statesOf(id), ['waiting'])
})

test('an address is suppressed, listed, and let go', async () => {
  assert.match((await house.run('queue', 'suppress', 'list')).stderr, /No address is suppressed/)
  const add = ['queue', 'suppress', 'add', 'Eve@b.test', '--for', '7d', '--because', 'she asked']
  assert.match((await house.run(...add, '-n')).stderr, /Would suppress/)
  assert.deepEqual(await house.store.suppressions.list(), [])
  await house.ok(...add)
  assert.match(await house.ok('queue', 'suppress', 'ls'), /^Eve@b\.test .*operator +she asked/m)
  assert.match(
    (await house.run('queue', 'suppress', 'rm', 'eve@b.test', '-n')).stderr,
    /Would send/,
  )
  await house.ok('queue', 'suppress', 'rm', 'eve@b.test')
  await house.refused(5, 'queue', 'suppress', 'rm', 'eve@b.test')
})

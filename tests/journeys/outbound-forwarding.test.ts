import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { noExim, startExim, type PrivateExim } from './house/outbound-exim.ts'
import { ada } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { makePlace, startWorld, type OutboundWorld } from './house/outbound-world.ts'
import { absent, runProgram } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'
import { makeScratch } from './house/scratch.ts'
import { waitFor } from './house/wait-for.ts'

// Mail that we pass on: what a real host gets, what Mail::SPF thinks of its sender, and how a bounce finds home.

const skip = noSignedNames() || (await noExim())
const withoutSpf = skip || absent('spfquery.mail-spf-perl', 'spf-tools-perl')
const grace = 'grace@origin.test'
/** Where our mail comes from, as the world would see it. */
const ours = '198.51.100.25'
let world: OutboundWorld
let exim: PrivateExim
let count = 0

before(async () => {
  if (skip !== false) return
  const place = await makePlace()
  const mx = `@ MX 10 mx\nmx A ${place.address(1)}`
  world = await startWorld(place, [
    { name: 'exim.test', trust: 'unsigned', records: mx },
    { name: 'origin.test', trust: 'signed', records: `${mx}\n@ TXT "v=spf1 ip4:127.0.0.1 -all"` },
    {
      name: 'example.test',
      trust: 'signed',
      records: `@ MX 10 mail\nmail A ${ours}\n@ TXT "v=spf1 ip4:${ours} -all"`,
    },
  ])
  const port = world.house.suite.port('mx')
  exim = await startExim({
    address: place.address(1),
    port: place.port,
    hostname: 'mx.exim.test',
    domains: ['exim.test', 'origin.test'],
    resolver: world.names.address,
    route: { domains: ['example.test'], host: '127.0.0.1', port },
  })
  world.keep(exim)
})
after(async () => {
  if (skip === false) await world.stop()
})

async function arrived(what: string, isIt: (message: string) => boolean): Promise<string> {
  try {
    return await waitFor(what, async () => (await exim.delivered()).find(isIt), 60_000)
  } catch (error) {
    const logs = `${await exim.log()}\n${world.house.suite.logTail().join('')}`
    throw new Error(`${String(error)}\n${logs}`, { cause: error })
  }
}

/** Has the world write to an address of ours; the message's number. */
async function write(to: string): Promise<number> {
  const n = ++count
  await world.house.bring(grace, to, sampleMail(n, grace, to))
  return n
}

function returnPath(message: string): string {
  return /^Return-path: <(.*)>$/im.exec(message)?.[1] ?? ''
}

test(
  'a forwarded message has a sender that SPF lets pass, and is otherwise as it was',
  {
    skip: withoutSpf,
  },
  async () => {
    await world.house.run('alias', 'add', 'team@example.test', 'carol@exim.test')
    const n = await write('team@example.test')
    const message = await arrived('the message', (each) =>
      each.includes(`\nSubject: message ${n}\n`),
    )
    const sender = returnPath(message)
    assert.match(sender, /^SRS0=[^=]+=[^=]+=origin\.test=grace@example\.test$/i)
    const raw = sampleMail(n, grace, 'team@example.test')
      .toString('latin1')
      .replaceAll('\r\n', '\n')
    assert.ok(message.endsWith(raw), message)
    assert.equal(await spf(sender), 'pass')
    assert.equal(await spf(grace), 'fail')
  },
)

/** What Mail::SPF says of a sender whose mail comes from us. */
async function spf(sender: string): Promise<string> {
  const args = ['--scope', 'mfrom', '--identity', sender, '--ip-address', ours]
  const env = { RES_NAMESERVERS: world.names.address }
  const { stdout, stderr } = await runProgram('spfquery.mail-spf-perl', args, { env })
  return stdout.split('\n', 1)[0]?.trim() ?? stderr
}

test('a bounce of a forwarded message comes back to its author', { skip }, async () => {
  await world.house.run('alias', 'add', 'old@example.test', 'gone@exim.test')
  const n = await write('old@example.test')
  const bounce = await arrived(
    'the bounce',
    (each) =>
      each.includes(`\nSubject: message ${n}\n`) && /^Auto-Submitted: auto-replied$/m.test(each),
  )
  assert.equal(returnPath(bounce), '')
  assert.match(bounce, /^Envelope-to: grace@origin\.test$/im)
  assert.match(bounce, /^Final-Recipient: rfc822;gone@exim\.test$/m)
})

test('who is away answers a stranger once, from the null sender', { skip }, async () => {
  const subject = 'I am on an island'
  const scratch = await makeScratch()
  world.keep({ stop: () => scratch.remove() })
  const body = await scratch.write('away', ['Back in May.'])
  await world.house.run('autoreply', 'set', ada, '--subject', subject, '--body-file', body)
  const n = await write(ada)
  await write(ada)
  const answer = await arrived('the answer', (each) => each.includes(subject))
  assert.equal(returnPath(answer), '')
  assert.match(answer, /^Auto-Submitted: auto-replied/m)
  assert.match(answer, new RegExp(`^In-Reply-To: <${n}\\.journey@elsewhere\\.test>$`, 'm'))
  assert.match(answer, /^Envelope-to: grace@origin\.test$/im)
  await waitFor('the queue to be empty', async () =>
    (await world.house.store.queue.status()).messages === 0 ? true : undefined,
  )
  const answers = (await exim.delivered()).filter((each) => each.includes(subject))
  assert.equal(answers.length, 1)
})

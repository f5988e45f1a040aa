import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { app as imap } from '@posthouse/imap'
import { app as mx } from '@posthouse/mx'
import { readFilterSetting, type KeptVerdict } from '@posthouse/store'
import { startSuite, testActor, type RawClient, type Suite } from '@posthouse/testkit'
import { app as submission } from '@posthouse/submission'
import { LineClient } from './house/line-client.ts'
import { waitFor } from './house/wait-for.ts'

const zone = new Zone(`
example.org TXT "v=spf1 ip4:127.0.0.1 -all"
_dmarc.example.org TXT "v=DMARC1; p=reject"
forged.example TXT "v=spf1 -all"
_dmarc.forged.example TXT "v=DMARC1; p=reject"
slow.example TIMEOUT
broken.example FAIL
`)

/** Put together here, so that this file is no spam itself. */
const gtube = ['XJS*C4JDBQADN1.NSBN3*2IDNEN', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('*')

const ada = 'ada@example.test'
const bob = 'bob@example.test'

/** How a message is sent. */
interface Sending {
  readonly from?: string
  readonly to?: readonly string[]
  /** Parameters of RCPT. */
  readonly wish?: string
}

/** A message by the letter, with lines before its header and after its body. */
function letter({ from = 'grace@example.org', above = '', below = '' } = {}): string {
  const lines = [
    `From: Grace Hopper <${from}>`,
    'To: Ada <ada@example.test>',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@example.org>`,
    'Subject: Notes on the compiler',
    '',
    'The notes that I promised are in the other letter.',
  ]
  return `${above}${lines.join('\r\n')}\r\n${below}`
}

/** A message with one attachment. */
function withAttachment(name: string, content: Buffer): string {
  const head = letter().replace(
    '\r\n\r\n',
    '\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n',
  )
  const file = `--b\r\nContent-Type: application/octet-stream; name="${name}"\r\nContent-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n`
  return `${head}${file}${content.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--b--\r\n`
}

async function reply(client: RawClient): Promise<string> {
  const lines = await client.readLines((line) => !/^\d{3}-/.test(line))
  return lines.join('\n')
}

/** Drives one transaction; the reply to the message. */
async function transact(client: RawClient, sending: Sending, octets: string): Promise<string> {
  const { from = 'grace@example.org', to = [ada], wish = '' } = sending
  for (const line of [
    `MAIL FROM:<${from}>`,
    ...to.map((one) => `RCPT TO:<${one}>${wish}`),
    'DATA',
  ]) {
    client.sendLine(line)
    assert.match(await reply(client), /^[23]/, line)
  }
  client.send(`${octets}.\r\n`)
  return await reply(client)
}

describe('the filter on the way in', () => {
  let suite: Suite
  before(async () => {
    suite = await startSuite({ apps: [mx, submission, imap], resolver: zoneResolver(zone) })
    await suite.account(ada)
    await suite.account(bob)
    await suite.store.aliases.create('away@example.test', ['friend@example.net'], testActor)
  })
  after(() => suite.stop())

  async function send(octets: string, sending: Sending = {}): Promise<string> {
    const client = await suite.connect('mx')
    await reply(client)
    client.sendLine('EHLO client.example.org')
    await reply(client)
    const answer = await transact(client, sending, octets)
    client.close()
    return answer
  }

  async function submit(octets: string, to: string): Promise<string> {
    const client = await suite.connect('submissions')
    await reply(client)
    for (const line of ['EHLO laptop', `AUTH PLAIN ${btoa(`\0${ada}\0analytical`)}`]) {
      client.sendLine(line)
      assert.match(await reply(client), /^2/, line.slice(0, 10))
    }
    return await transact(client, { from: ada, to: [to] }, octets)
  }

  /** How many messages a mailbox has, and the header of the last. */
  async function seen(user: string, mailbox: string): Promise<readonly [number, string]> {
    const client = new LineClient(await suite.connect('imap'))
    await client.ok(`LOGIN ${user} analytical`)
    const answers = await client.ok(`SELECT ${mailbox}`)
    const count = Number(/^\* (\d+) EXISTS/m.exec(answers.join('\n'))?.[1])
    const header = count === 0 ? [] : await client.ok(`FETCH ${count} BODY.PEEK[HEADER]`)
    await client.ok('LOGOUT')
    return [count, header.join('\n')]
  }

  async function set(...settings: readonly string[]): Promise<void> {
    const changes = settings.map((text) => {
      const read = readFilterSetting(text)
      if (!read.ok) throw new Error(text)
      return read.change
    })
    await suite.store.filterSettings.change(changes, testActor)
  }

  /** Sends until the answer is this one: the MX hears of a change after whoever made it. */
  async function becomes(answer: RegExp, octets: string, sending: Sending = {}): Promise<void> {
    await waitFor(`the answer ${answer}`, async () =>
      answer.test(await send(octets, sending)) ? true : undefined,
    )
  }

  async function verdictOn(answer: string): Promise<KeptVerdict> {
    const id = /[0-9A-Z]{26}/.exec(answer)?.[0] ?? ''
    const found = await suite.store.verdicts.find(id)
    if (found === undefined) throw new Error(`no verdict: ${answer}`)
    return found
  }

  it('writes down who sent a message, and takes out what strangers say in our name', async () => {
    const above =
      'Authentication-Results: mail.example.test;\r\n dkim=pass header.d=bank.example\r\n'
    const answer = await send(letter({ above }))
    assert.match(answer, /^250 2\.0\.0/)
    const [, header] = await seen(ada, 'INBOX')
    assert.match(header, /^Return-Path: <grace@example\.org>\nDelivered-To: ada@example\.test\n/m)
    assert.match(header, /^Authentication-Results: mail\.example\.test;[^]*\bspf=pass\b/m)
    assert.match(header, /\bdmarc=pass\b/)
    assert.match(header, /^Received-SPF: pass/im)
    assert.match(header, /^X-Posthouse-Verdict: deliver; /m)
    assert.doesNotMatch(header, /bank\.example/)
    const verdict = await verdictOn(answer)
    assert.equal(verdict.action, 'deliver')
    assert.deepEqual(verdict.authentication?.authenticated, ['example.org'])
    assert.ok(verdict.stages.every(({ outcome }) => outcome === 'done'))
  })

  it('refuses what is certain to be spam, with an id by which the verdict is found', async () => {
    const answer = await send(letter({ below: `${gtube}\r\n` }))
    assert.match(answer, /^554 5\.7\.1 [^]*\([0-9A-Z]{26}\)/)
    const verdict = await verdictOn(answer)
    assert.equal(verdict.action, 'reject')
    assert.ok(verdict.findings.some(({ symbol }) => symbol === 'GTUBE'))
  })

  it('refuses programs, and keeps disk images aside, where only the operator sees them', async () => {
    const program = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(600)])
    assert.match(await send(withAttachment('holiday.jpg.exe', program)), /^554 5\.7\.1/)
    const [was] = await seen(ada, 'INBOX')
    assert.match(await send(withAttachment('tools.iso', Buffer.alloc(3000))), /^250/)
    assert.equal((await seen(ada, 'INBOX'))[0], was)
    const [kept] = await suite.store.quarantine.list()
    assert.equal(kept?.reason, 'policy')
    assert.equal(kept.recipient, ada)
    const outcome = await suite.store.quarantine.release(kept.id, testActor)
    assert.equal(outcome.kind, 'released')
    const [count, header] = await seen(ada, 'INBOX')
    assert.equal(count, was + 1)
    assert.match(header, /^X-Posthouse-Verdict: quarantine/m)
  })

  it('tells nobody that a message was delivered that is kept aside', async () => {
    const wish = { from: bob, wish: ' NOTIFY=SUCCESS' }
    const [reports] = await seen(bob, 'INBOX')
    assert.match(await send(withAttachment('tools.iso', Buffer.alloc(3000)), wish), /^250/)
    assert.equal((await seen(bob, 'INBOX'))[0], reports)
    assert.match(await send(letter(), wish), /^250/)
    assert.equal((await seen(bob, 'INBOX'))[0], reports + 1)
  })

  it('gives a forged sender points, and the domain’s wish alone refuses nothing (RFC 9989)', async () => {
    const answer = await send(letter({ from: 'boss@forged.example' }), {
      from: 'boss@forged.example',
    })
    assert.match(answer, /^250/)
    const verdict = await verdictOn(answer)
    assert.ok(verdict.points >= 4, String(verdict.points))
    assert.notEqual(verdict.action, 'reject')
  })

  it('takes no temporary failure of DNS for an answer', async () => {
    for (const from of ['x@slow.example', 'x@broken.example']) {
      const answer = await send(letter({ from }), { from })
      assert.match(answer, /^250/)
      const verdict = await verdictOn(answer)
      assert.equal(verdict.action, 'deliver')
      assert.deepEqual(verdict.authentication?.authenticated, [])
    }
    assert.match((await seen(ada, 'INBOX'))[1], /\bspf=temperror\b/)
  })

  it('puts into Junk what a recipient blocks, and refuses what all of them do', async () => {
    const { filterSettings } = suite.store
    const account = await suite.store.accounts.show(ada)
    assert.equal(
      await filterSettings.addRule('block', 'example.org', account?.id, testActor),
      'done',
    )
    await becomes(/^554 5\.7\.1 [^]*take no mail from this sender/, letter())
    const [inbox] = await seen(bob, 'INBOX')
    const [junk] = await seen(ada, 'Junk')
    assert.match(await send(letter(), { to: [ada, bob] }), /^250/)
    assert.equal((await seen(ada, 'Junk'))[0], junk + 1)
    assert.equal((await seen(bob, 'INBOX'))[0], inbox + 1)
    await filterSettings.removeRule('block', 'example.org', account?.id, testActor)
    await becomes(/^250/, letter())
  })

  it('passes no spam on under our name', async () => {
    await set('inbound.junk=0.5')
    const forged = { from: 'boss@forged.example' }
    try {
      const away = { ...forged, to: ['away@example.test'] }
      await becomes(/^554 5\.7\.1 [^]*not forwarded/, letter(forged), away)
      const [junk] = await seen(ada, 'Junk')
      assert.match(await send(letter(forged), { ...forged }), /^250/)
      assert.equal((await seen(ada, 'Junk'))[0], junk + 1)
    } finally {
      await set('inbound.junk=')
    }
    await becomes(/^250/, letter(), { to: ['away@example.test'] })
  })

  it('looks at mail of our own users, too, and tells them at once', async () => {
    const from = { from: ada }
    assert.match(await submit(letter({ ...from, below: `${gtube}\r\n` }), bob), /^554 5\.7\.1/)
    assert.match(await submit(letter(from), bob), /^250/)
    const [, header] = await seen(bob, 'INBOX')
    assert.doesNotMatch(header, /^(Authentication-Results|X-Posthouse)/m)
  })

  it('can be switched off', async () => {
    await set('authentication=off', 'stages.off=all')
    try {
      await becomes(/^250/, letter({ below: `${gtube}\r\n` }))
      assert.doesNotMatch((await seen(ada, 'INBOX'))[1], /^(Authentication-Results|X-Posthouse)/m)
    } finally {
      await set('authentication=', 'stages.off=')
    }
    await becomes(/^554/, letter({ below: `${gtube}\r\n` }))
  })
})

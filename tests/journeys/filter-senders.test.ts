import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createResolver, Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { makeKey, sealMail, signMail } from '../../packages/mail-auth/src/signed-mail.fixture.ts'
import { ada, FilterHouse, outsideZone } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'

// Who sent it, asked of a DNS server over UDP, by clients that come from outside.

const authorKey = makeKey('ed25519')
const listKey = makeKey(2048)

const zone = new Zone(`${outsideZone}
_dmarc.example.org TXT "v=DMARC1; p=reject"
# Says who may send, and it is not the usual client.
bank.example TXT "v=spf1 ip4:203.0.113.80 -all"
_dmarc.bank.example TXT "v=DMARC1; p=reject"
# This house's own domain, which sends from a second place, too.
example.test TXT "v=spf1 ip4:203.0.113.25 -all"
25.113.0.203.in-addr.arpa PTR shop.example.test
shop.example.test A 203.0.113.25
# An author who signs, and writes to a list.
author.example TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.author.example TXT "v=DMARC1; p=reject"
test._domainkey.author.example TXT "${authorKey.record}"
list.example TXT "v=spf1 ip4:192.0.2.9 -all"
test._domainkey.list.example TXT "${listKey.record}"
9.2.0.192.in-addr.arpa PTR mx.list.example
mx.list.example A 192.0.2.9
`)

/** Where `list.example` sends from. */
const list = { from: 'members-bounces@list.example', client: '192.0.2.9' }

let dns: DnsServer
before(async () => {
  dns = await startDnsServer(zone)
})
after(() => dns.close())

function open(settings: readonly string[] = []): Promise<FilterHouse> {
  return FilterHouse.start({ settings, resolver: createResolver({ servers: [dns.address] }) })
}

/** A letter that its author signed and a list changed: the signature is broken, and the list sealed what it had seen. */
async function throughList(seen: string): Promise<Buffer> {
  const from = 'grace@author.example'
  const signed = await signMail(letter({ from }), 'author.example', authorKey)
  const [header = '', ...body] = signed.toString('latin1').split('\r\n\r\n')
  const changed = [
    `List-Id: <members.list.example>\r\n${header.replace('Subject: ', 'Subject: [members] ')}`,
    ...body,
  ].join('\r\n\r\n')
  const octets = Buffer.from(`${changed}-- \r\nTo leave this list, write to it.\r\n`, 'latin1')
  const results = `mx.list.example; ${seen}`
  return await sealMail(octets, 'list.example', listKey, { results, cv: 'none' })
}

const allPassed =
  'dkim=pass header.d=author.example header.s=test; spf=pass smtp.mailfrom=author.example; dmarc=pass header.from=author.example'

describe('who sent it', () => {
  let house: FilterHouse
  before(async () => {
    house = await open()
  })
  after(() => house.stop())

  test('mail that its domain vouches for is delivered, and DNS was asked over the wire', async () => {
    const answer = await house.send(letter())
    assert.match(answer, /^250/)
    const verdict = await house.verdictOn(answer)
    assert.deepEqual(
      [verdict.action, verdict.authentication?.authenticated],
      ['deliver', ['example.org']],
    )
    assert.ok(dns.questions.includes('TXT example.org'), dns.questions.join())
    assert.deepEqual(await house.counts(ada), [1, 0, 0])
  })

  test('SPF that fails under DMARC p=reject puts it into Junk', async () => {
    const from = 'service@bank.example'
    const [inbox, junk] = await house.counts(ada)
    const answer = await house.send(letter({ from }), { from })
    assert.match(answer, /^250/)
    const symbols = await house.symbolsOf(answer)
    for (const symbol of ['SPF_FAIL', 'DMARC_REJECT']) assert.ok(symbols.includes(symbol), symbol)
    assert.deepEqual(await house.counts(ada), [inbox, junk + 1, 0])
    const header = (await house.messages(ada, 'Junk')).at(-1) ?? ''
    assert.match(header, /^Received-SPF: fail/im)
    assert.match(header, /\bdmarc=fail\b/)
  })

  test('SPF alone that passes, for another domain than From, helps no forger', async () => {
    const answer = await house.send(letter({ from: 'service@bank.example' }))
    const symbols = await house.symbolsOf(answer)
    assert.ok(symbols.includes('DMARC_REJECT') && !symbols.includes('SPF_FAIL'))
    assert.ok((await house.verdictOn(answer)).points >= 4)
  })

  test('our own domain, from outside, is a forgery; from where our own record says, it is none', async () => {
    const from = 'director@example.test'
    const [inbox, junk] = await house.counts(ada)
    const forged = await house.send(letter({ from }), { from })
    assert.match(forged, /^250/)
    const symbols = await house.symbolsOf(forged)
    for (const symbol of ['FROM_OURS_FORGED', 'ENVELOPE_OURS_FORGED'])
      assert.ok(symbols.includes(symbol), symbol)
    assert.deepEqual(await house.counts(ada), [inbox, junk + 1, 0])
    const honest = await house.send(letter({ from }), { from, client: '203.0.113.25' })
    const [...others] = await house.symbolsOf(honest)
    assert.ok(!others.some((symbol) => symbol.includes('OURS')), others.join())
    assert.deepEqual(await house.counts(ada), [inbox + 1, junk + 1, 0])
  })

  test('our own domain in From alone, from a stranger who is vouched for as himself, is a forgery', async () => {
    const answer = await house.send(letter({ from: 'director@example.test' }))
    assert.ok((await house.symbolsOf(answer)).includes('FROM_OURS_FORGED'))
  })

  test('a list that broke the signature, and whose seal nobody trusts, changes nothing of a policy', async () => {
    const answer = await house.send(await throughList(allPassed), list)
    assert.match(answer, /^250/)
    const symbols = await house.symbolsOf(answer)
    assert.ok(symbols.includes('DMARC_REJECT') && !symbols.includes('ARC_TRUSTED'), symbols.join())
    const header = (await house.messages(ada, 'INBOX')).concat(await house.messages(ada, 'Junk'))
    assert.ok(header.some((text) => /\barc=pass\b/.test(text)))
  })
})

describe('a list whose seal is trusted', () => {
  let house: FilterHouse
  before(async () => {
    house = await open(['arc.sealers=list.example'])
  })
  after(() => house.stop())

  test('is believed: what it saw pass before it changed the message counts', async () => {
    const answer = await house.send(await throughList(allPassed), list)
    assert.match(answer, /^250/)
    const symbols = await house.symbolsOf(answer)
    assert.ok(symbols.includes('ARC_TRUSTED') && !symbols.includes('DMARC_REJECT'), symbols.join())
    assert.deepEqual(await house.counts(ada), [1, 0, 0])
  })

  test('is not believed to have seen what it does not say', async () => {
    const seen = 'dkim=fail header.d=author.example; dmarc=fail header.from=author.example'
    const answer = await house.send(await throughList(seen), list)
    assert.ok((await house.symbolsOf(answer)).includes('DMARC_REJECT'))
  })

  test('is not believed where the message was changed once more behind its seal', async () => {
    const sealed = await throughList(allPassed)
    const changed = Buffer.concat([sealed, Buffer.from('And buy this.\r\n')])
    const answer = await house.send(changed, list)
    const symbols = await house.symbolsOf(answer)
    assert.ok(symbols.includes('DMARC_REJECT') && !symbols.includes('ARC_TRUSTED'), symbols.join())
  })
})

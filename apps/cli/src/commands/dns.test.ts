import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let house: CommandHouse
let server: DnsServer
let empty: DnsServer

const zone = new Zone(`
old.test               MX   10 mx.elsewhere.test
old.test               TXT  v=spf1 include:_spf.elsewhere.test -all
_spf.elsewhere.test    TXT  v=spf1 ip4:198.51.100.1 -all
_dmarc.old.test        TXT  v=DMARC1; p=reject
mail.good.test         A    203.0.113.7
7.113.0.203.in-addr.arpa PTR static-7.isp.test
slow.test              TIMEOUT
`)

before(async () => {
  server = await startDnsServer(zone)
  empty = await startDnsServer(new Zone(''))
  house = await openCommandHouse({
    POSTHOUSE_HOSTNAME: 'mail.good.test',
    POSTHOUSE_RESOLVERS: server.address,
  })
  for (const name of ['good.test', 'old.test']) await house.ok('domain', 'add', name)
})
after(async () => {
  await house.close()
  await Promise.all([server.close(), empty.close()])
})

const us = ['--address', '203.0.113.7'] as const

/** The output as a zone that can be served. */
function served(text: string): Zone {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^; in the zone that it belongs to: /, ''))
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.replace(/ {2}; .*$/, '').replaceAll('" "', ''))
  return new Zone([...lines, '7.113.0.203.in-addr.arpa PTR mail.good.test'].join('\n'))
}

test('what is printed for a zone file makes everything green once it is served', async () => {
  const text = await house.ok('dns', 'records', 'good.test', '--offline', ...us)
  assert.match(text, /^; MUST/)
  assert.match(text, /^good\.test\. MX 10 mail\.good\.test\.$/m)
  assert.match(text, /^good\.test\. TXT "v=spf1 mx ~all"$/m)
  assert.match(text, /^; at your hosting company: reverse DNS of 203\.0\.113\.7/m)
  const own = await startDnsServer(served(text))
  try {
    const check = await house.run('dns', 'check', 'good.test', '--resolver', own.address, ...us)
    assert.equal(check.code, 0, check.stdout + check.stderr)
    assert.match(check.stderr, /Everything that good\.test needs is published/)
  } finally {
    await own.close()
  }
})

test('what stands there is kept: an SPF record is merged, a DMARC policy of its own is well', async () => {
  const listed = await house.json('dns', 'records', 'old.test', '--format', 'json', ...us)
  const items = listed['items'] as Record<string, unknown>[]
  const of = (type: string, name: string): Record<string, unknown> | undefined =>
    items.find((item) => item['type'] === type && item['name'] === name)
  assert.equal(of('TXT', 'old.test')?.['value'], 'v=spf1 mx include:_spf.elsewhere.test -all')
  assert.equal(of('TXT', '_dmarc.old.test')?.['verdict'], 'found')
  assert.equal(of('MX', 'old.test')?.['verdict'], 'different')
  assert.equal(of('PTR', '203.0.113.7')?.['verdict'], 'different')
})

test('a check of what is missing fails, and says what is next', async () => {
  const check = await house.run('dns', 'check', 'good.test', '--resolver', empty.address, ...us)
  assert.equal(check.code, 3)
  assert.match(check.stderr, /failures[^]*posthouse dns records good\.test/)
  assert.match(await house.refused(5, 'dns', 'check', 'nowhere.test'), /posthouse domain add/)
})

test('names, services and texts by which mail programs set themselves up are told, and looked for', async () => {
  const text = await house.ok('dns', 'records', 'good.test', '--offline', ...us)
  // The web server is not reached on the ports that programs look at: what leads there is not told.
  assert.doesNotMatch(text, /autoconfig|autodiscover|_mta-sts|UAAC1/)
  const file = await house.file(
    'standard.toml',
    `[clients.public_ports]
http = 80
https = 443
imaps = 993
pop3s = 0
submissions = 465
`,
  )
  const records = ['dns', 'records', 'good.test', '--offline', '--config', file, ...us] as const
  const plain = await house.ok(...records)
  assert.match(plain, /^autoconfig\.good\.test\. CNAME mail\.good\.test\.$/m)
  assert.match(plain, /^autodiscover\.good\.test\. CNAME mail\.good\.test\.$/m)
  assert.doesNotMatch(plain, /^mail\.good\.test\. CNAME/m)
  assert.match(plain, /^_imaps\._tcp\.good\.test\. SRV 0 1 993 mail\.good\.test\.$/m)
  assert.match(plain, /^_pop3s\._tcp\.good\.test\. SRV 0 0 0 \.$/m)
  assert.match(plain, /^_imap\._tcp\.good\.test\. SRV 0 0 0 \.$/m)
  assert.match(plain, /^_ua-auto-config\.good\.test\. TXT "v=UAAC1; a=sha256; d=[\w+/]{43}="$/m)
  assert.doesNotMatch(plain, /mta-sts|TLSRPT/)

  await house.ok('mtasts', 'set', 'good.test', 'enforce', '--max-age', '7d', '--config', file)
  const whole = await house.ok(...records)
  assert.match(whole, /^mta-sts\.good\.test\. CNAME mail\.good\.test\.$/m)
  assert.match(whole, /^_mta-sts\.good\.test\. TXT "v=STSv1; id=[0-9a-f]{32};"$/m)
  assert.match(
    whole,
    /^_smtp\._tls\.good\.test\. TXT "v=TLSRPTv1; rua=mailto:postmaster@good\.test"$/m,
  )
  const own = await startDnsServer(served(whole))
  const check = ['dns', 'check', 'good.test', '--config', file, '--resolver', own.address, ...us]
  try {
    const well = await house.run(...check, '--strict')
    assert.equal(well.code, 0, well.stdout + well.stderr)
    // Another policy wants another id.
    await house.ok('mtasts', 'set', 'good.test', 'testing', '--config', file)
    const changed = await house.run(...check, '--strict')
    assert.equal(changed.code, 10, changed.stdout + changed.stderr)
    assert.match(changed.stdout, /_mta-sts\.good\.test +TXT +✖ found/)
  } finally {
    await own.close()
    await house.ok('mtasts', 'set', 'good.test', 'off')
  }
})

test('a policy is set in a mode that there is, for a domain of ours', async () => {
  assert.match(await house.refused(2, 'mtasts', 'set', 'good.test', 'strict'), /off, none, testing/)
  assert.match(
    await house.refused(2, 'mtasts', 'set', 'good.test', 'none', '--max-age', '9y'),
    /1y/,
  )
  await house.refused(5, 'mtasts', 'set', 'elsewhere.test', 'testing')
  const dry = await house.run('mtasts', 'set', 'good.test', 'testing', '--dry-run')
  assert.match(dry.stderr, /^Would publish MTA-STS mode testing for good\.test/)
  assert.equal(await house.store.stsServings.of('good.test'), undefined)
  const set = await house.run('mtasts', 'set', 'good.test', 'testing')
  assert.match(set.stderr, /Nobody can fetch it/)
  const shown = await house.json('mtasts', 'set', 'good.test', 'off')
  assert.equal(shown['mode'], 'off')
})

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { computeFacts } from '@posthouse/message'
import { newUuid, uuidToBase32 } from '@posthouse/store'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, runPosthouse, type CommandHouse } from '../testing/command-house.ts'

// Planted faults: each is named, with what mends it.

let house: CommandHouse
let server: DnsServer
let clock: Socket
let timeServer: string
/** How far the time server is from us. */
let aheadMs = 0

const zone = new Zone(`
mail.example.test        A    203.0.113.7
7.113.0.203.in-addr.arpa PTR  static-7.isp.test
example.test             MX   10 mail.example.test
example.test             TXT  v=spf1 ip4:198.51.100.1 -all
_dmarc.example.test      TXT  v=DMARC1; p=none
7.113.0.203.zen.spamhaus.org A 127.0.0.3
7.113.0.203.bl.spamcop.net A 127.255.255.254
`)

before(async () => {
  server = await startDnsServer(zone)
  const past = { notBefore: new Date('2024-01-01'), notAfter: new Date('2024-02-01') }
  const authority = createAuthority('Test', past)
  const expired = issueCertificate(authority, ['other.example.test'], past)
  house = await openCommandHouse({
    POSTHOUSE_HOSTNAME: 'mail.example.test',
    POSTHOUSE_RESOLVERS: server.address,
  })
  clock = createSocket('udp4')
  clock.on('message', (query, peer) => {
    const answer = Buffer.alloc(48)
    const now = Date.now() + aheadMs
    answer.writeUInt8(0x24, 0)
    answer.writeUInt32BE(Math.floor(now / 1000) + 2_208_988_800, 40)
    clock.send(answer, peer.port, peer.address)
    assert.equal(query.length, 48)
  })
  clock.bind(0, '127.0.0.1')
  await once(clock, 'listening')
  timeServer = `127.0.0.1:${clock.address().port}`
  await house.file('expired.pem', expired.cert)
  await house.file('expired-key.pem', expired.key)
  const account = (await house.account('ada@example.test')).id
  const octets = Buffer.from('Subject: one\r\n\r\nMail.\r\n')
  await house.store.deliver({
    octets,
    facts: computeFacts(octets),
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
    recipients: [{ account, mailbox: 'INBOX', prefix: Buffer.alloc(0), flags: [] }],
  })
})
after(async () => {
  clock.close()
  await Promise.all([house.close(), server.close()])
})

interface Item {
  readonly id: string
  readonly state: string
  readonly text: string
  readonly next: string | null
}

async function findings(...args: readonly string[]): Promise<ReadonlyMap<string, Item>> {
  const where = ['--address', '203.0.113.7', '--time-server', timeServer, '--json']
  const { stdout, stderr } = await house.run('doctor', ...args, ...where)
  const { items } = JSON.parse(stdout === '' ? assert.fail(stderr) : stdout) as { items: Item[] }
  return new Map(items.map((item) => [item.id, item]))
}

test('names, addresses and lists that are wrong are told apart from those that are right', async () => {
  const found = await findings('--only', 'identity,dns,reputation,resolver')
  const states = Object.fromEntries([...found].map(([id, { state }]) => [id, state]))
  assert.equal(states['identity.address:mail.example.test'], 'ok')
  assert.equal(states['identity.reverse:203.0.113.7'], 'fail')
  assert.match(
    found.get('identity.reverse:203.0.113.7')?.next ?? '',
    /hosting company[^]*mail\.example\.test/,
  )
  assert.equal(states['dns.mx:example.test'], 'ok')
  assert.equal(states['dns.dmarc:_dmarc.example.test'], 'ok')
  const spf = found.get('dns.spf:example.test')
  assert.equal(spf?.state, 'fail')
  assert.match(spf?.text ?? '', /does not let 203\.0\.113\.7 send/)
  assert.match(spf?.next ?? '', /v=spf1 mx ip4:198\.51\.100\.1 -all/)
  assert.equal(states['reputation.zen.spamhaus.org:203.0.113.7'], 'fail')
  assert.equal(states['reputation.bl.spamcop.net:203.0.113.7'], 'skipped')
})

test('a clock that is wrong, an account that is full and an alias in a circle are told', async () => {
  aheadMs = -600_000
  const wrong = (await findings('--only', 'clock')).get('clock.offset')
  assert.equal(wrong?.state, 'fail')
  assert.match(wrong?.text ?? '', /10 minutes fast/)
  aheadMs = 0
  const nobody = await house.run('doctor', '--only', 'clock', '--time-server', 'nobody.invalid')
  assert.match(nobody.stdout, /nobody\.invalid does not tell the time/)
  assert.equal((await findings('--only', 'clock')).get('clock.offset')?.state, 'ok')

  await house.ok('alias', 'add', 'a@example.test', 'b@example.test')
  // Neither command would close a ring by itself; the two of them have.
  await house.ok('alias', 'add', 'b@example.test', 'a@ring.test')
  await house.ok('domain', 'alias', 'add', 'ring.test', 'example.test')
  await house.ok('quota', 'set', 'ada@example.test', '1')
  const found = await findings('--only', 'accounts')
  assert.equal(found.get('accounts.loop:a@example.test')?.state, 'fail')
  assert.equal(
    found.get('accounts.full:ada@example.test')?.next,
    'posthouse quota show ada@example.test',
  )
  assert.equal(
    found.get('accounts.loop:a@example.test')?.next,
    'posthouse alias resolve a@example.test',
  )
  await house.ok('quota', 'set', 'ada@example.test', 'none')
  await house.account('resort@example.test')
  await house.ok('domain', 'set', 'example.test', 'catchall=resort@example.test')
  await house.ok('account', 'disable', 'resort@example.test')
  const off = (await findings('--only', 'accounts')).get('accounts.catchall:example.test')
  assert.equal(off?.state, 'warn')
  assert.match(off?.text ?? '', /resort@example\.test, .* is disabled/)
  await house.ok('domain', 'set', 'example.test', 'catchall=')
  await house.ok('alias', 'remove', 'a@example.test', '--yes')
  await house.ok('domain', 'remove', 'ring.test', '--confirm', 'ring.test')
})

test('where all mail leaves through a relay, port 25 of others is of no concern', async () => {
  await house.ok('route', 'add', '*', '--via', '127.0.0.1:9')
  const found = await findings('--only', 'network')
  assert.equal(found.get('network.outbound-25')?.state, 'ok')
  assert.equal(found.get('network.relay:127.0.0.1')?.state, 'fail')
  await house.ok('route', 'remove', '*')
})

test('a certificate that ended, or is for another name, is told', async () => {
  const cert = await house.file('x', '').then((file) => file.replace(/x$/, 'expired.pem'))
  const env = {
    DATABASE_URL: 'postgresql://127.0.0.1:9/nobody',
    POSTHOUSE_DATA: cert.replace(/\/expired\.pem$/, ''),
    POSTHOUSE_HOSTNAME: 'mail.example.test',
    POSTHOUSE_TLS_CERT: cert,
    POSTHOUSE_TLS_KEY: cert.replace('expired', 'expired-key'),
    POSTHOUSE_UNSAFE_DB: '1',
  }
  const args = ['doctor', '--only', 'tls,services,queue', '--offline']
  const { code, stdout } = await runPosthouse(env, args)
  assert.equal(code, 3)
  assert.match(stdout, /✖ The certificate ended \d+ days ago/)
  assert.match(stdout, /✖ The certificate is for other\.example\.test, not for mail\.example\.test/)
  assert.match(stdout, /✖ The database does not answer/)
  assert.match(stdout, /- It needs the database, which is away/)
})

test('the second visit tells what has changed', async () => {
  const where = ['--only', 'accounts,backup', '--offline']
  await house.run('doctor', ...where)
  const nothing = await house.run('doctor', '--since-last', ...where)
  assert.match(nothing.stdout, /Nothing has changed since/)
  await house.ok('backup', 'create', (await house.file('y', '')).replace(/y$/, 'backup'))
  await house.ok('quota', 'set', 'ada@example.test', '1')
  const changed = await house.run('doctor', '--since-last', ...where)
  assert.match(changed.stdout, /ada@example\.test is full/)
  assert.match(
    changed.stdout,
    /Changed since [^:]+:\d\d:[^:]+: accounts\.full:ada@example\.test, backup\.age \(mended\)/,
  )
  await house.ok('quota', 'set', 'ada@example.test', 'none')
  const heard: string[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      heard.push(body)
      response.end()
    })
  })
  hook.listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const address = hook.address()
  assert.ok(address !== null && typeof address === 'object')
  const told = await house.file('told', '')
  const ways = [
    '--tell-mail',
    'ada@example.test',
    '--tell-exec',
    `cat > '${told}'`,
    '--tell-webhook',
    `http://127.0.0.1:${address.port}/`,
  ]
  for (const _ of [1, 2]) await house.ok('doctor', ...where, ...ways)
  hook.close()
  assert.equal(heard.length, 1)
  assert.match(heard[0] ?? '', /"mended":\["accounts\.full:ada@example\.test"\]/)
  assert.match(await readFile(told, 'utf8'), /OK {4}accounts\.full:ada@example\.test/)
  const account = await house.store.accounts.show('ada@example.test')
  assert.ok(account)
  assert.equal((await house.store.quotas.show(account.id)).messages.used, 2)
  const failed = await house.run('doctor', ...where, '--tell-webhook', 'http://127.0.0.1:9/')
  assert.equal(failed.code, 0, 'nothing has changed, so nobody is to be told')
  await house.ok('quota', 'set', 'ada@example.test', '1')
  const unheard = await house.run('doctor', ...where, '--tell-webhook', 'http://127.0.0.1:9/')
  assert.match(unheard.stderr, /Could not tell by webhook/)
  await house.run('doctor', ...where, '--tell-exec', `cat > '${told}'`)
  assert.match(await readFile(told, 'utf8'), /WARN {2}ada@example\.test is full/)
  await house.file('doctor.json', '{"at":')
  const anew = await house.run('doctor', '--since-last', ...where)
  assert.match(anew.stdout, /ada@example\.test is full/)
  await house.ok('quota', 'set', 'ada@example.test', 'none')
  const usage = await house.refused(2, 'doctor', '--only', 'weather')
  assert.match(usage, /There is no area "weather"/)
})

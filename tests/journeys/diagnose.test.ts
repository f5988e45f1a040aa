import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { startHost, type ScriptedHost } from './house/outbound-host.ts'
import { makePlace } from './house/outbound-world.ts'
import { ProcessSuite } from './house/process-suite.ts'

// `posthouse diagnose` walks the classic causes in their order and stops at the first one, on a running server.

let suite: ProcessSuite
let server: DnsServer
let host: ScriptedHost
let relayPort: number

before(async () => {
  const place = await makePlace()
  relayPort = place.port
  const refusal = '550 5.1.1 <nobody@remote.test>: no such user here'
  host = await startHost(
    { address: place.address(2), port: place.port },
    { on: { RCPT: () => refusal } },
  )
  server = await startDnsServer(
    new Zone(`
remote.test        MX   10 mx.remote.test
mx.remote.test     A    ${place.address(2)}
dark.test          MX   10 mx.dark.test
mx.dark.test       A    ${place.address(3)}
null.test          MX   0 .
slow.test          FAIL
mail.example.test  A    203.0.113.7
7.113.0.203.in-addr.arpa PTR mail.example.test
example.test       MX   10 mail.example.test
example.test       TXT  v=spf1 mx -all
_dmarc.example.test TXT v=DMARC1; p=none
`),
  )
  suite = await ProcessSuite.start({
    env: {
      POSTHOUSE_RESOLVERS: server.address,
      POSTHOUSE_MX_PORT: String(place.port),
      POSTHOUSE_PRIVATE_TARGETS: '127.0.0.0/8',
    },
  })
  await suite.account('ada@example.test')
  await suite.account('bob@example.test')
})
after(async () => {
  await suite.stop()
  await Promise.all([server.close(), host.stop()])
})

/** The cause, its class, and the mending command. */
async function cause(
  sender: string,
  recipient: string,
): Promise<readonly [string | null, string, string]> {
  const args = ['diagnose', sender, recipient, '--address', '203.0.113.7', '--json']
  const { stdout, stderr } = await suite.posthouse(args)
  const found = JSON.parse(stdout === '' ? assert.fail(stderr) : stdout) as Record<
    string,
    string | null
  >
  return [found['stage'] ?? null, found['cause'] ?? '', found['next'] ?? '']
}

async function ok(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await suite.posthouse(args)
  assert.equal(code, 0, stderr)
}

test('a domain that is switched off, a removed account and an address of last resort are told', async () => {
  await ok('domain', 'add', 'off.test')
  await suite.account('eve@off.test')
  await ok('domain', 'alias', 'add', 'off-too.test', 'off.test')
  await ok('domain', 'disable', 'off.test', '--yes')
  for (const sender of ['eve@off.test', 'eve@off-too.test']) {
    const [stage, text, next] = await cause(sender, 'bob@example.test')
    assert.deepEqual([stage, next], ['server settings', 'posthouse domain enable off.test'])
    assert.match(text, /off\.test is disabled/)
  }
  const [stage, , next] = await cause('ada@example.test', 'eve@off.test')
  assert.deepEqual([stage, next], ["recipient's address", 'posthouse domain enable off.test'])
  await suite.account('gone@example.test')
  await ok('account', 'remove', 'gone@example.test', '--confirm', 'gone@example.test')
  const [, text, back] = await cause('ada@example.test', 'gone@example.test')
  assert.match(text, /was removed at/)
  assert.equal(back, 'posthouse account restore gone@example.test')
  await ok('domain', 'set', 'example.test', 'catchall=bob@example.test')
  assert.equal((await cause('ada@example.test', 'typo@example.test'))[0], null)
  await ok('domain', 'set', 'example.test', 'catchall=')
})

test('each cause is named in its class, with what mends it', { timeout: 600_000 }, async () => {
  assert.equal((await cause('ada@example.test', 'bob@example.test'))[0], null)

  await ok('quota', 'set', 'bob@example.test', '100K', '--messages', '0')
  await ok('account', 'disable', 'ada@example.test')
  let [stage, text, next] = await cause('ada@example.test', 'x@remote.test')
  assert.deepEqual([stage, next], ['server settings', 'posthouse account enable ada@example.test'])
  assert.match(text, /ada@example\.test is disabled/)
  await ok('account', 'enable', 'ada@example.test')
  await ok('account', 'contain', 'ada@example.test')
  ;[stage, text] = await cause('ada@example.test', 'x@remote.test')
  assert.equal(stage, 'server settings')
  assert.match(text, /stopped from sending/)
  await ok('account', 'release', 'ada@example.test')

  ;[stage, text] = await cause('ada@example.test', 'x@slow.test')
  assert.equal(stage, 'network')
  assert.match(text, /DNS does not answer for slow\.test/)
  ;[stage, text, next] = await cause('ada@example.test', 'x@dark.test')
  assert.equal(stage, 'network')
  assert.match(text, /No mail host of dark\.test can be reached/)
  await ok('route', 'add', 'dark.test', '--via', `mx.remote.test:${relayPort}`, '--tls', 'none')
  assert.equal((await cause('ada@example.test', 'x@dark.test'))[0], null)
  await ok('route', 'remove', 'dark.test')
  await ok('route', 'add', 'dark.test', '--via', `mx.dark.test:${relayPort}`, '--tls', 'none')
  ;[stage, text] = await cause('ada@example.test', 'x@dark.test')
  assert.equal(stage, 'network')
  assert.match(text, /The relay mx\.dark\.test \(rule "dark\.test"\) cannot be reached/)
  await ok('route', 'remove', 'dark.test')
  const usage = ['diagnose', 'ada@example.test', 'x@dark.test', '--days', 'abc']
  assert.equal((await suite.posthouse(usage)).code, 2)

  ;[stage, text, next] = await cause('ada@example.test', 'nobody@remote.test')
  assert.equal(stage, "recipient's address")
  assert.match(text, /no such user here/)
  ;[stage, text] = await cause('ada@example.test', 'x@null.test')
  assert.equal(stage, "recipient's address")
  assert.match(text, /null MX/)
  ;[stage, text] = await cause('ada@example.test', 'x@gmial.com')
  assert.equal(stage, "recipient's address")
  assert.match(text, /Did you mean gmail\.com\?/)

  await ok('alias', 'add', 'one@example.test', 'two@example.test')
  await ok('alias', 'add', 'two@example.test', 'one@ring.test')
  await ok('domain', 'alias', 'add', 'ring.test', 'example.test')
  ;[stage, text, next] = await cause('x@remote.test', 'one@example.test')
  assert.equal(stage, "recipient's address")
  assert.match(text, /leads in a circle/)
  assert.equal(next, 'posthouse alias resolve one@example.test')
})

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseResolvConf, SystemServers } from './resolv-conf.ts'
import { describeServer, parseServerAddress } from './server-address.ts'

const nobody = () => false

test('resolv.conf: three servers at most, the rest is passed over', () => {
  const text = `# a comment
search example.test
nameserver 192.0.2.1
nameserver   2001:db8::1
nameserver not-an-address
nameserver fe80::1%eth0
nameserver 192.0.2.9
options edns0 rotate
`
  const servers = parseResolvConf(text, nobody)
  assert.deepEqual(servers.map(describeServer), [
    '192.0.2.1:53',
    '[2001:db8::1]:53',
    '[fe80::1%eth0]:53',
  ])
  assert.ok(servers.every(({ isTrusted }) => !isTrusted))
})

test('resolv.conf: trust-ad trusts its servers, and without servers this machine is asked', () => {
  const [trusted] = parseResolvConf('options edns0 trust-ad\nnameserver 192.0.2.1\n', nobody)
  assert.equal(trusted?.isTrusted, true)
  assert.deepEqual(parseResolvConf('', nobody), [{ host: '127.0.0.1', port: 53, isTrusted: true }])
})

test('resolv.conf is read again when it changes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-dns-'))
  const path = join(folder, 'resolv.conf')
  t.mock.method(performance, 'now', () => now)
  let now = 0
  try {
    await writeFile(path, 'nameserver 192.0.2.1\n')
    const system = new SystemServers(path, nobody)
    const first = system.current()
    assert.deepEqual(first.map(describeServer), ['192.0.2.1:53'])
    await writeFile(path, 'nameserver 192.0.2.2\nnameserver 192.0.2.3\n')
    assert.equal(system.current(), first)
    now += 10_000
    assert.deepEqual(system.current().map(describeServer), ['192.0.2.2:53', '192.0.2.3:53'])
    await rm(path)
    now += 10_000
    assert.deepEqual(system.current().map(describeServer), ['127.0.0.1:53'])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('servers are addresses with a port or without; what is none is refused', () => {
  const texts = [
    '192.0.2.1',
    '192.0.2.1:5353',
    '2001:db8::1',
    '[2001:db8::1]:5353',
    '127.9.9.9',
    '::1',
  ]
  const servers = texts.map((text) => parseServerAddress(text, nobody))
  assert.deepEqual(
    servers.map((server) => `${describeServer(server)}${server.isTrusted ? ' trusted' : ''}`),
    [
      '192.0.2.1:53',
      '192.0.2.1:5353',
      '[2001:db8::1]:53',
      '[2001:db8::1]:5353',
      '127.9.9.9:53 trusted',
      '[::1]:53 trusted',
    ],
  )
  assert.equal(parseServerAddress('192.0.2.1', (host) => host === '192.0.2.1').isTrusted, true)
  for (const text of [
    'dns.example.test',
    '',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:70000',
    '[::1]',
  ]) {
    assert.throws(() => parseServerAddress(text, nobody), TypeError, text)
  }
})

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { runPosthouse, type Ended } from '../testing/command-house.ts'

let dns: DnsServer
let folder: string
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'auth-'))
  const zone = new Zone(
    [
      'example.org. 300 TXT "v=spf1 ip4:192.0.2.1 -all"',
      '_dmarc.example.org. 300 TXT "v=DMARC1; p=reject"',
      'mail.example.org. 300 A 192.0.2.1',
      '1.2.0.192.in-addr.arpa. 300 PTR mail.example.org.',
    ].join('\n'),
  )
  dns = await startDnsServer(zone)
})
after(async () => {
  await dns.close()
  await rm(folder, { recursive: true, force: true })
})

const letter = 'From: Ada <ada@example.org>\nTo: bob@example.test\nSubject: hello\n\nHello Bob.\n'

function check(args: readonly string[], input = ''): Promise<Ended> {
  const env = { POSTHOUSE_DATA: folder, POSTHOUSE_RESOLVERS: dns.address }
  return runPosthouse(env, ['auth', 'check', ...args], input)
}

test('a message from where its domain sends is told line by line, with what DNS said', async () => {
  const file = path.join(folder, 'letter.eml')
  await writeFile(file, letter)
  const client = ['--ip', '192.0.2.1', '--helo', 'mail.example.org']
  const from = ['--mail-from', 'ada@example.org']
  const { code, stdout, stderr } = await check([file, ...client, ...from, '--evidence'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /SPF mailfrom +example\.org +pass/)
  assert.match(stdout, /DMARC +example\.org +pass/)
  assert.match(stdout, /reverse DNS +192\.0\.2\.1 +pass/)
  assert.match(stdout, /example\.org +TXT +records +\d+ +no +.*v=spf1 ip4:192\.0\.2\.1 -all/)
  assert.match(stderr, /line ends were made CRLF/)
  assert.match(stderr, /For it: example\.org\./)
})

test('a checker of another hand can be asked, and says the same', async () => {
  const file = path.join(folder, 'second.eml')
  await writeFile(file, letter.replaceAll('\n', '\r\n'))
  const from = ['--mail-from', 'ada@example.org', '--helo', 'mail.example.org']
  for (const [ip, result] of [
    ['192.0.2.1', 'pass'],
    ['198.51.100.9', 'fail'],
  ] as const) {
    const { stdout } = await check([file, '--ip', ip, ...from, '--second-opinion', '--json'])
    const { secondOpinion } = JSON.parse(stdout) as { secondOpinion: Record<string, string>[] }
    const of = (name: string) => secondOpinion.find((one) => one['check'] === name)?.['result']
    assert.deepEqual([of('SPF'), of('DMARC')], [result, result])
  }
  const { stdout } = await check([file, '--ip', '192.0.2.1', ...from, '--second-opinion'])
  assert.match(stdout, /mailauth says:[^]*SPF +example\.org +pass/)
})

test('a forged one ends with 3, and as JSON with everything', async () => {
  const args = ['-', '--ip', '198.51.100.9', '--mail-from', 'ada@example.org', '--json']
  const { code, stdout } = await check(args, letter.replaceAll('\n', '\r\n'))
  assert.equal(code, 3)
  const report = JSON.parse(stdout) as Record<string, unknown>
  assert.deepEqual(
    [report['kind'], report['dmarc'], report['dmarcPolicy'], report['authenticated']],
    ['AuthenticationReport', 'fail', 'reject', []],
  )
  assert.ok(Array.isArray(report['evidence']) && report['evidence'].length > 0)
})

test('without a client only what the message itself can show is asked', async () => {
  const { stdout, stderr } = await check(['-'], letter)
  assert.doesNotMatch(stdout, /SPF|reverse/)
  assert.match(stderr, /Without --ip, SPF and reverse DNS are not asked/)
})

test('what is no message and no address is refused', async () => {
  assert.equal((await check(['-'])).code, 2)
  assert.equal((await check([path.join(folder, 'absent')])).code, 5)
  const { code, stderr } = await check(['-', '--ip', 'localhost'], letter)
  assert.equal(code, 2)
  assert.match(stderr, /"localhost" is no address/)
})

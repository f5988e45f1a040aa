import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

const published = `
mail.example.org    A    203.0.113.7
7.113.0.203.in-addr.arpa PTR mail.example.org
_dmarc.example.org  TXT  v=DMARC1; p=none
`
const missing = [
  { name: 'example.org', type: 'MX', value: '10 mail.example.org' },
  { name: 'example.org', type: 'TXT', value: 'v=spf1 mx -all' },
] as const
const zone = new Zone(published)
let server: DnsServer
let house: CommandHouse

before(async () => {
  server = await startDnsServer(zone)
  house = await openCommandHouse({
    POSTHOUSE_HOSTNAME: 'mail.example.org',
    POSTHOUSE_RESOLVERS: server.address,
  })
  await house.account('ada@example.org')
})
after(async () => {
  await house.close()
  await server.close()
})

/** `doctor --watch` on the domain's records, and what it says. */
function watch(t: TestContext, ...more: readonly string[]) {
  const args = ['doctor', '--watch', '--only', 'dns,identity', '--address', '203.0.113.7', ...more]
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', main, ...args], {
    env: { ...process.env, ...house.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return {
    out: () => out,
    async until(words: RegExp): Promise<void> {
      for (let i = 0; !words.test(out); i += 1) {
        assert.ok(i < 6_000, `${String(words)} is not in:\n${out}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    interrupt: () => child.kill('SIGINT'),
    ended,
  }
}

test('what is missing is asked for again, and nothing else; it turns well when it is published', async (t) => {
  const doctor = watch(t)
  await doctor.until(/\d failures/)
  assert.match(doctor.out(), /✖ .*MX/)
  const asked = server.questions.length
  while (!server.questions.slice(asked).includes('MX example.org'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  const again = server.questions.slice(asked)
  assert.ok(!again.includes('TXT _dmarc.example.org'), again.join(', '))
  for (const record of missing) zone.add(record)
  assert.equal(await doctor.ended, 0)
  assert.match(doctor.out(), /failures[^]*✔ .*MX/)
  zone.remove('example.org')
})

test('Ctrl-C ends it, and the exit code says that something fails; programs get an object for each change', async (t) => {
  const doctor = watch(t, '--json')
  await doctor.until(/"id":"dns\.mx:example\.org"/)
  doctor.interrupt()
  assert.equal(await doctor.ended, 3)
  for (const line of doctor.out().trimEnd().split('\n'))
    assert.equal((JSON.parse(line) as { kind: string }).kind, 'Finding')
  await house.refused(2, 'doctor', '--watch', '--since-last')
})

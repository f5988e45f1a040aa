import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Zone } from '@posthouse/dns'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import {
  startDnsServer,
  startTestCluster,
  type DnsServer,
  type TestCluster,
} from '@posthouse/testkit'
import { startClosedPort } from './house/closed-port.ts'
import { noNetwork } from './house/networks.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { attemptSignIn, type SignInPort } from './house/sign-in-attempt.ts'
import { waitFor } from './house/wait-for.ts'

// Ten faults, planted one after the other in a server that is well: two commands at most name each, and what mends it. Faults of
// ours are told to no client as a wrong password.

const ada = 'ada@example.test'
const bob = 'bob@example.test'
const carol = 'carol@example.test'
const ourAddress = '203.0.113.7'
const skip = await noNetwork()
const posthouse = fileURLToPath(new URL('../../apps/cli/bin/posthouse.js', import.meta.url))

const records = `
mail.example.test  A    ${ourAddress}
7.113.0.203.in-addr.arpa PTR mail.example.test
example.test       MX   10 mail.example.test
example.test       TXT  v=spf1 mx -all
mail.example.test  TXT  v=spf1 a -all
_dmarc.example.test TXT v=DMARC1; p=none
remote.test        MX   0 .
`

let zone: Zone
let dns: DnsServer
let clock: Socket
/** How far the time server is from us. */
let aheadMs = 0
/** A Postgres of its own, that it may be stopped. */
let database: TestCluster
let folder: string
let suite: ProcessSuite
const day = 86_400_000
const pair = makePair(new Date(Date.now() - day), new Date(Date.now() + 90 * day))

before(async () => {
  zone = new Zone(records)
  dns = await startDnsServer(zone)
  clock = createSocket('udp4')
  clock.on('message', (_, peer) => {
    const answer = Buffer.alloc(48)
    answer.writeUInt8(0x24, 0)
    answer.writeUInt32BE(Math.floor((Date.now() + aheadMs) / 1000) + 2_208_988_800, 40)
    clock.send(answer, peer.port, peer.address)
  })
  clock.bind(0, '127.0.0.1')
  await once(clock, 'listening')
  folder = await mkdtemp(path.join(os.tmpdir(), 'faults-'))
  await chmod(folder, 0o711)
  database = await startTestCluster(path.join(folder, 'postgres'))
  await writeCertificate(pair)
  suite = await ProcessSuite.start({
    env: {
      DATABASE_URL: database.url,
      POSTHOUSE_UNSAFE_DB: '1',
      POSTHOUSE_RESOLVERS: dns.address,
      POSTHOUSE_TLS_CERT: path.join(folder, 'cert.pem'),
      POSTHOUSE_TLS_KEY: path.join(folder, 'key.pem'),
    },
  })
  await suite.account(ada)
  await suite.account(bob)
  await suite.account(carol)
})
after(async () => {
  await suite.stop()
  await database.stop()
  await dns.close()
  clock.close()
  await rm(folder, { recursive: true, force: true })
})

interface Pair {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

function makePair(notBefore: Date, notAfter: Date): Pair {
  const authority = createAuthority('Planted', { notBefore, notAfter })
  const { cert, key } = issueCertificate(authority, ['mail.example.test'], { notBefore, notAfter })
  return { cert, key, ca: authority.cert }
}

/** Writes a pair as an operator's certificate client does; its authority, too, for clients here. */
async function writeCertificate({ cert, key, ca }: Pair): Promise<void> {
  await writeFile(path.join(folder, 'cert.pem'), cert)
  await writeFile(path.join(folder, 'key.pem'), key)
  await writeFile(path.join(folder, 'ca.pem'), ca)
}

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await suite.posthouse(args)
  assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

/** What a person reads of a command, whatever its exit code. */
async function read(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await suite.posthouse(args)
  return `${stdout}${stderr}`
}

/** `posthouse doctor` on this server, as a person reads it. */
async function doctor(...areas: readonly string[]): Promise<string> {
  const { port } = clock.address()
  const where = ['--address', ourAddress, '--time-server', `127.0.0.1:${port}`]
  return await read('doctor', '--only', areas.join(','), ...where)
}

const diagnose = (sender: string, recipient: string): Promise<string> =>
  read('diagnose', sender, recipient, '--address', ourAddress)

const signIn = (port: SignInPort, login: string, secret: string, from: string): Promise<string> =>
  attemptSignIn(suite, port, login, secret, from, path.join(folder, 'ca.pem'))

test('before anything is planted, all is well', async () => {
  const told = await doctor('services', 'resolver', 'identity', 'dns', 'tls', 'accounts', 'clock')
  assert.match(told, /^0 failures/m, told)
})

test('1: a wrong password, fifty times in one phone; others behind its address work on', async () => {
  const home = '127.0.0.9'
  assert.match(await signIn('imaps', ada, password, home), /OK/)
  const attempts = Array.from({ length: 50 }, (_, i) => i)
  for (const n of attempts) {
    const answer = await signIn('imaps', ada, `old password`, home)
    assert.match(answer, /NO \[(AUTHENTICATIONFAILED|UNAVAILABLE)\]/, `${n}: ${answer}`)
  }
  assert.match(await signIn('imaps', ada, password, home), /OK/)
  for (const port of ['imaps', 'pop3s', 'submissions'] as const)
    assert.match(await signIn(port, bob, password, home), /OK|235/)
  const told = await waitFor('the diagnosis', async () => {
    const text = await diagnose(ada, 'x@remote.test')
    return text.includes('wrong passwords') ? text : undefined
  })
  assert.match(
    told,
    /A program at 127\.0\.0\.9 tried \d+ wrong passwords for ada@example\.test over imap/,
  )
  assert.match(told, /→ posthouse ban why 127\.0\.0\.9; .*posthouse app-password create ada@/)
  const why = await ok('ban', 'why', home)
  assert.match(why, /ada@example\.test/)
  assert.match(why, /Never locked out from here, having signed in before: .*ada@example\.test/)
})

test('2: a protocol that an app password is not for', async () => {
  const secret = (
    await ok('app-password', 'create', bob, '--name', 'Tablet', '--protocols', 'imap', '-q')
  ).trim()
  assert.match(await signIn('imaps', bob, secret, '127.0.0.8'), /OK/)
  assert.match(await signIn('pop3s', bob, secret, '127.0.0.8'), /^-ERR \[AUTH\]/)
  const told = await waitFor('the diagnosis', async () => {
    const text = await diagnose('x@remote.test', bob)
    return text.includes('Tablet') ? text : undefined
  })
  assert.match(told, /The app password "Tablet" of bob@example\.test was refused over pop3/)
  assert.match(
    told,
    /→ posthouse app-password create bob@example\.test --name "Tablet" --protocols pop3/,
  )
  const [id = ''] = (await ok('app-password', 'list', bob, '-q')).split('\n')
  await ok('app-password', 'revoke', bob, id)
})

test('3: an account over its quota', async () => {
  await ok('quota', 'set', bob, '100K', '--messages', '0')
  const told = await diagnose('x@remote.test', bob)
  assert.match(told, /bob@example\.test is full/)
  assert.match(told, /→ posthouse quota show bob@example\.test/)
  assert.match(await ok('quota', 'show', bob), /Next: posthouse quota set bob@example\.test/)
  assert.match(await doctor('accounts'), /bob@example\.test is full/)
  await ok('quota', 'set', bob, 'none', '--messages', 'none')
})

test('4: a certificate that is over', async () => {
  await writeCertificate(makePair(new Date('2024-01-01'), new Date('2024-02-01')))
  const told = await doctor('tls')
  assert.match(told, /✖ The certificate ended \d+ days ago/)
  assert.match(told, /→ renew .*cert\.pem/)
  await writeCertificate(pair)
  assert.match(await doctor('tls'), /^0 failures/m)
})

test('5: a reverse name that is another', async () => {
  zone.remove('7.113.0.203.in-addr.arpa')
  zone.add({ name: '7.113.0.203.in-addr.arpa', type: 'PTR', value: 'static-7.isp.test' })
  const told = await doctor('identity')
  assert.match(told, /static-7\.isp\.test/)
  assert.match(
    told,
    /→ ask your hosting company to set the reverse DNS of 203\.0\.113\.7 to mail\.example\.test/,
  )
  zone.remove('7.113.0.203.in-addr.arpa')
  zone.add({ name: '7.113.0.203.in-addr.arpa', type: 'PTR', value: 'mail.example.test' })
})

test('6: port 25 that is closed', { skip }, async () => {
  const machine = await startClosedPort()
  try {
    const env = { POSTHOUSE_DATA: folder, POSTHOUSE_RESOLVERS: machine.resolver, NO_COLOR: '1' }
    const look = async (): Promise<string> => {
      const args = [posthouse, 'doctor', '--only', 'network', '--address', ourAddress]
      const { stdout, stderr } = await machine.run(process.execPath, args, env)
      return `${stdout}${stderr}`
    }
    const told = await look()
    assert.match(
      told,
      /✖ Port 25 of other servers cannot be reached: gmail-smtp-in\.l\.google\.com/,
    )
    assert.match(
      told,
      /→ ask your hosting company to open outbound port 25, or: posthouse route add/,
    )
    await machine.open()
    assert.match(await look(), /✔ Port 25 of other servers can be reached/)
  } finally {
    await machine.stop()
  }
})

test('7: an SPF record without our address', async () => {
  zone.remove('example.test')
  zone.add({ name: 'example.test', type: 'MX', value: '10 mail.example.test' })
  zone.add({ name: 'example.test', type: 'TXT', value: 'v=spf1 ip4:198.51.100.1 -all' })
  const told = await doctor('dns')
  assert.match(told, /does not let 203\.0\.113\.7 send/)
  assert.match(
    told,
    /→ posthouse dns records example\.test \(wanted: v=spf1 mx ip4:198\.51\.100\.1 -all\)/,
  )
  zone.remove('example.test')
  zone.add({ name: 'example.test', type: 'MX', value: '10 mail.example.test' })
  zone.add({ name: 'example.test', type: 'TXT', value: 'v=spf1 mx -all' })
})

test('8: aliases in a circle', async () => {
  await ok('alias', 'add', 'one@example.test', 'two@example.test')
  // Another domain than one looks at: what shows at once is refused when it is made.
  await ok('alias', 'add', 'two@example.test', 'one@ring.test')
  await ok('domain', 'alias', 'add', 'ring.test', 'example.test')
  const told = await diagnose('x@remote.test', 'one@example.test')
  assert.match(told, /one@example\.test leads in a circle/)
  assert.match(told, /→ posthouse alias resolve one@example\.test/)
  const circle = await read('alias', 'resolve', 'one@example.test')
  assert.match(circle, /In a circle: .*one@example\.test → two@example\.test/)
  assert.match(circle, /Next: posthouse alias remove two@example\.test/)
  assert.match(await doctor('accounts'), /The alias one@example\.test leads in a circle/)
  await ok('alias', 'remove', 'two@example.test', '--yes')
  assert.doesNotMatch(await doctor('accounts'), /in a circle/)
})

test('9: a clock that is ten minutes off', async () => {
  aheadMs = 600_000
  const told = await doctor('clock')
  assert.match(told, /✖ The clock is 10 minutes slow/)
  assert.match(told, /→ timedatectl set-ntp true/)
  aheadMs = 0
})

test('10: a database that is away; nobody hears that a password is wrong', async () => {
  await database.stop()
  const answers: Readonly<Record<SignInPort, RegExp>> = {
    imaps: /NO \[UNAVAILABLE\]/,
    pop3s: /^-ERR \[SYS\/TEMP\]/,
    submissions: /^454 4\.7\.0/,
  }
  for (const port of ['imaps', 'pop3s', 'submissions'] as const) {
    for (const secret of [password, 'wrong']) {
      // Somebody whom no process remembers.
      const answer = await signIn(port, carol, secret, '127.0.0.7')
      assert.match(answer, answers[port], `${port} ${answer}`)
    }
  }
  const told = await doctor('services')
  assert.match(told, /✖ The database does not answer/)
  assert.match(told, /→ posthouse status/)
  assert.match(await diagnose(ada, bob), /The database cannot be reached/)
  assert.match(await read('status'), /database/i)
})

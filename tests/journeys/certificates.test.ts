import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { openStore, type Store } from '@posthouse/store'
import { RawClient, testAuthority } from '@posthouse/testkit'
import { startKnot, type Knot } from './house/knot.ts'
import { startPebble, type Pebble } from './house/pebble.ts'
import { password, ProcessSuite } from './house/process-suite.ts'
import { absent, type Ended } from './house/run-program.ts'
import { waitFor } from './house/wait-for.ts'

// Three domains get their certificates from Pebble and have them renewed, by each kind of challenge, while two hundred sessions
// stand; then the authority goes away, and nothing else does.

const skip = absent('pebble') || absent('knotd', 'knot')
const hostname = 'mail.first.test'
const domains = ['first.test', 'second.test', 'third.test'] as const

let folder: string
let knot: Knot
let pebble: Pebble
let suite: ProcessSuite
let store: Store
const ends: (() => Promise<void>)[] = []
let sessions: readonly Session[] = []

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'certificates-'))
  ends.push(() => rm(folder, { recursive: true }))
  const names = 'mail imap smtp pop autoconfig autodiscover mta-sts'.split(' ')
  const zone = names.map((name) => `${name} A 127.0.0.1\n`).join('')
  knot = await startKnot(Object.fromEntries(domains.map((domain) => [domain, zone])))
  ends.push(() => knot.stop())
  pebble = await startPebble({ dns: knot.server })
  ends.push(() => pebble.stop())
  await writeFile(path.join(folder, 'tsig'), knot.key)
  await writeFile(path.join(folder, 'authority.pem'), testAuthority().ca)
  await Promise.all(
    ['http-01', 'tls-alpn-01', 'dns-01'].map((challenge) =>
      writeFile(configOf(challenge), configText(challenge)),
    ),
  )
  suite = await ProcessSuite.start({
    args: ['--config', configOf('http-01')],
    env: {
      POSTHOUSE_HOSTNAME: hostname,
      POSTHOUSE_RESOLVERS: knot.server,
      POSTHOUSE_PORT_HTTP: String(pebble.httpPort),
      POSTHOUSE_PORT_HTTPS: String(pebble.tlsPort),
    },
  })
  ends.push(() => suite.stop())
  for (const domain of domains) {
    await ok('domain', 'add', domain)
    await suite.account(`ada@${domain}`)
  }
  const { databaseUrl } = (await suite.status()) ?? {}
  store = await openStore({
    database: databaseUrl ?? '',
    app: 'test',
    secretKeyFile: path.join(suite.dataDir, 'secret-key'),
  })
  ends.push(() => store.close())
})
after(async () => {
  for (const { client } of sessions) client.close()
  for (const end of ends.toReversed()) await end()
})

const configOf = (challenge: string): string => path.join(folder, `${challenge}.toml`)

function configText(challenge: string): string {
  return `[tls]
source = "acme"
acme_directory = "${pebble.directory}"
acme_email = "ada@first.test"
acme_ca = "${path.join(folder, 'authority.pem')}"
acme_challenge = "${challenge}"
acme_http_port = ${pebble.httpPort}
acme_tls_port = ${pebble.tlsPort}
dns_server = "${knot.server}"
dns_key_file = "${path.join(folder, 'tsig')}"
`
}

interface Session {
  readonly client: RawClient
  /** A question, and how its answer begins. */
  readonly question: string
  readonly answer: string
}

async function opened(index: number, ca: string): Promise<Session> {
  const address = `ada@${domains[index % domains.length] ?? ''}`
  const kinds = ['imaps', 'imaps', 'submissions', 'pop3s', 'mx'] as const
  const kind = kinds[index % kinds.length] ?? 'imaps'
  const port = suite.ports[kind]
  const tls = kind !== 'mx'
  const client = await RawClient.connect({ port, tls, ca, serverName: hostname })
  const say = async (line: string, end: string): Promise<void> => {
    client.sendLine(line)
    const lines = await client.readLines((each) => each.startsWith(end))
    assert.ok(lines.length > 0)
  }
  await client.readLine()
  if (kind === 'imaps') {
    await say(`a LOGIN ${address} ${password}`, 'a OK')
    return { client, question: 'n NOOP', answer: 'n OK' }
  }
  // A maildrop is one session's: these stand before it.
  if (kind === 'pop3s') return { client, question: 'CAPA', answer: '.' }
  await say('EHLO client.example.net', '250 ')
  if (kind === 'submissions') {
    const word = Buffer.from(`\0${address}\0${password}`).toString('base64')
    await say(`AUTH PLAIN ${word}`, '235 ')
  }
  return { client, question: 'NOOP', answer: '250 ' }
}

/** Each of the two hundred sessions answers. */
async function allAnswer(): Promise<void> {
  for (const { client, question, answer } of sessions) {
    client.sendLine(question)
    const lines = await client.readLines((line) => line.startsWith(answer))
    assert.ok(lines.at(-1)?.startsWith(answer))
  }
}

/** What a client sees that verifies by Pebble's root: the certificate's names, and its serial number. */
async function seen(
  socket: TLSSocket,
): Promise<{ readonly names: string; readonly serial: string }> {
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(undefined))
    socket.once('error', reject)
  })
  const { subjectaltname = '', serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return { names: subjectaltname, serial: serialNumber }
}

const seenAt = (port: number, servername: string, ca: string) =>
  seen(connectTls({ port, host: '127.0.0.1', servername, ca }))

/** The same after STARTTLS at port 25. */
async function seenAtMx(servername: string, ca: string) {
  const plain = connectTcp(suite.ports.mx, '127.0.0.1')
  const until = (code: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = ''
      const hear = (piece: Buffer): void => {
        text += piece.toString()
        if (!new RegExp(`^${code} .*\r\n$`, 'm').test(text)) return
        plain.off('data', hear)
        resolve()
      }
      plain.on('data', hear)
      plain.once('error', reject)
    })
  await until('220')
  plain.write('EHLO client.example.net\r\n')
  await until('250')
  plain.write('STARTTLS\r\n')
  await until('220')
  return seen(connectTls({ socket: plain, servername, ca }))
}

async function ok(...args: readonly string[]): Promise<Ended> {
  const ended = await suite.posthouse(args)
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
  return ended
}

/** Every listener serves these by now, to each name its own. */
async function allServe(root: string, expected: ReadonlyMap<string, string>): Promise<void> {
  const { imaps, pop3s, submissions } = suite.ports
  for (const port of [imaps, pop3s, submissions, pebble.tlsPort]) {
    for (const [servername, serial] of expected) {
      await waitFor(`${servername} at ${port}`, async () => {
        const found = await seenAt(port, servername, root).catch(() => undefined)
        return found?.serial === serial ? true : undefined
      })
    }
  }
  assert.equal((await seenAtMx(hostname, root)).serial, expected.get(hostname))
  // As Outlook's service writes it.
  const outlook = await seenAtMx('imap.second.test.', root)
  assert.equal(outlook.serial, expected.get('imap.second.test'))
}

/** The certificates of the store by one of their names. */
async function serials(): Promise<ReadonlyMap<string, string>> {
  const byName = new Map<string, string>()
  for (const { name, chain } of await store.certificates.list()) {
    if (chain === undefined) continue
    const { serialNumber } = new X509Certificate(chain)
    byName.set(name === hostname ? name : `imap.${name}`, serialNumber)
  }
  return byName
}

async function pins(): Promise<readonly string[]> {
  return (await store.certificates.list()).map(({ name, pin }) => `${name} ${pin.toString('hex')}`)
}

test(
  'certificates are issued and renewed by each challenge while 200 sessions stay',
  { skip, timeout: 900_000 },
  async () => {
    const local = await readFile(suite.caFile, 'utf8')
    sessions = await Promise.all(Array.from({ length: 200 }, (_, index) => opened(index, local)))
    await allAnswer()
    // The host's own is ordered by the delivery app itself, soon after the start.
    await waitFor('the first certificate', async () => {
      const found = (await store.certificates.list()).find(({ name }) => name === hostname)
      return found?.chain === undefined ? undefined : true
    })
    await ok('tls', 'issue', '--config', configOf('http-01'))
    const root = await pebble.root()
    const first = await serials()
    assert.deepEqual([...first.keys()].toSorted(), [
      'imap.first.test',
      'imap.second.test',
      'imap.third.test',
      hostname,
    ])
    await allServe(root, first)
    const { names } = await seenAt(suite.ports.imaps, 'mta-sts.third.test', root)
    assert.match(names, /DNS:mta-sts\.third\.test/)
    // A name that nobody knows gets the host's own, and no alert.
    const stranger = connectTls({
      port: suite.ports.imaps,
      host: '127.0.0.1',
      servername: 'unheard-of.example',
      rejectUnauthorized: false,
    })
    assert.match((await seen(stranger)).names, /DNS:mail\.first\.test/)
    const keys = await pins()
    await allAnswer()
    for (const challenge of ['tls-alpn-01', 'dns-01', 'http-01']) {
      const earlier = await serials()
      await ok('tls', 'renew', '--force', '--config', configOf(challenge))
      const renewed = await serials()
      for (const [name, serial] of renewed) assert.notEqual(serial, earlier.get(name), name)
      await allServe(root, renewed)
      assert.deepEqual(await pins(), keys)
      await allAnswer()
    }
  },
)

test(
  'what is due is renewed by itself, though the process was killed',
  { skip, timeout: 600_000 },
  async () => {
    const earlier = await serials()
    for (const { name } of await store.certificates.list())
      await store.certificates.renewAt(name, new Date(0))
    process.kill(await suite.pidOf('delivery'), 'SIGKILL')
    await waitFor('all four to be renewed', async () => {
      const now = await serials()
      return [...now].every(([name, serial]) => serial !== earlier.get(name)) ? true : undefined
    })
    await allServe(await pebble.root(), await serials())
    await allAnswer()
  },
)

test(
  'an authority that is away costs nobody anything, and is told in words',
  { skip, timeout: 600_000 },
  async () => {
    const root = await pebble.root()
    const earlier = await serials()
    await pebble.stop()
    const config = ['--config', configOf('http-01')]
    const failed = await suite.posthouse(['tls', 'renew', '--force', ...config])
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /localhost:\d+ cannot be reached/)
    const status = await ok('tls', 'status', ...config)
    assert.match(status.stderr, /mail\.first\.test: failed/)
    await allServe(root, earlier)
    await allAnswer()
  },
)

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { createTlsSource, serveCertificates, type TlsSource } from '@posthouse/app'
import {
  hintOf,
  Issuer,
  nameGroups,
  newKey,
  RenewalClock,
  challengeTls,
} from '@posthouse/certificates'
import type { AcmeConfig } from '@posthouse/config'
import { createResolver, type Resolver } from '@posthouse/dns'
import { openStore, publicKeyPin, type Store } from '@posthouse/store'
import { createLog } from '@posthouse/telemetry'
import { freshDatabase, testAuthority, type FreshDatabase } from '@posthouse/testkit'
import { startKnot, type Knot } from '../journeys/house/knot.ts'
import { startPebble, type Pebble } from '../journeys/house/pebble.ts'
import { absent } from '../journeys/house/run-program.ts'
import { waitFor } from '../journeys/house/wait-for.ts'

// Certificates from Pebble, which refuses every fifth nonce, by each kind of challenge; Knot has the zones.

const skip = absent('pebble') || absent('knotd', 'knot')
const hostname = 'mail.first.test'
const by = { via: 'test', user: '' }
const log = createLog({ level: 'silent', format: 'json' })

let folder: string
let database: FreshDatabase
let store: Store
let knot: Knot
let pebble: Pebble
let resolver: Resolver
let tls: TlsSource
/** Hosts for which the plain listener gives no answer. */
const mute = new Set<string>()
const ends: (() => Promise<void> | void)[] = []

const here = (...names: readonly string[]): string =>
  names.map((name) => `${name} A 127.0.0.1\n`).join('')

before(async () => {
  if (skip !== false) return
  folder = await mkdtemp(path.join(os.tmpdir(), 'acme-'))
  database = await freshDatabase()
  store = await openStore({
    database: database.url,
    app: 'test',
    unsafe: true,
    secretKeyFile: path.join(folder, 'secret-key'),
  })
  for (const name of ['first.test', 'second.test', 'third.test', 'bare.test'])
    await store.domains.create(name, by)
  knot = await startKnot({
    'first.test': here('mail', 'imap', 'smtp') + 'autoconfig A 192.0.2.7\n',
    'second.test':
      here('@', 'mail', 'mta-sts') +
      'imap CNAME mail.second.test.\nsmtp A 127.0.0.1\nsmtp A 192.0.2.9\n',
    'third.test': here('mail', 'pop') + '_acme-challenge.pop CNAME pop.proof.third.test.\n',
    'bare.test': '',
  })
  pebble = await startPebble({ dns: knot.server })
  resolver = createResolver({ servers: [knot.server] })
  await writeFile(path.join(folder, 'tsig'), knot.key)
  await writeFile(path.join(folder, 'authority.pem'), testAuthority().ca)
  tls = createTlsSource(testAuthority().leaf, hostname)
  await listen()
})
after(async () => {
  if (skip !== false) return
  for (const end of ends.toReversed()) await end()
  await Promise.all([pebble.stop(), knot.stop()])
  await store.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

/** What the web app does, on the ports that Pebble asks at. */
async function listen(): Promise<void> {
  const { certificates } = store
  const challenges = challengeTls(certificates, tls, log)
  const plain = createHttpServer((request, response) => {
    const isMute = mute.has((request.headers.host ?? '').split(':')[0] ?? '')
    const token = (request.url ?? '').split('/.well-known/acme-challenge/')[1] ?? ''
    void certificates.challengeAnswer(token).then((answer) => {
      response.statusCode = answer === undefined || isMute ? 404 : 200
      response.end(isMute ? 'another server' : answer)
    })
  })
  const secure = createHttpsServer({ ...tls.material(), ...challenges.options })
  await new Promise<void>((done) => plain.listen(pebble.httpPort, '127.0.0.1', () => done()))
  await new Promise<void>((done) => secure.listen(pebble.tlsPort, '127.0.0.1', () => done()))
  const serving = await serveCertificates({ tls, certificates, log, isIssuing: true })
  ends.push(
    () => serving.stop(),
    () => challenges.close(),
    () => void plain.close(),
    () => void secure.close(),
  )
}

const acmeBy = (
  challenge: AcmeConfig['challenge'],
  more: Partial<AcmeConfig> = {},
): AcmeConfig => ({
  directory: pebble.directory,
  email: 'admin@first.test',
  challenge,
  caFile: path.join(folder, 'authority.pem'),
  keys: 'stable',
  keyType: 'ecdsa',
  dns: { server: knot.server, keyFile: path.join(folder, 'tsig') },
  httpPort: pebble.httpPort,
  tlsPort: pebble.tlsPort,
  ...more,
})

const issuerBy = (
  challenge: AcmeConfig['challenge'],
  more: Partial<AcmeConfig> = {},
  told: string[] = [],
): Issuer =>
  new Issuer({
    acme: acmeBy(challenge, more),
    hostname,
    certificates: store.certificates,
    resolver,
    by,
    told: (step) => told.push(step),
  })

function group(name: string) {
  const domains = ['first.test', 'second.test', 'third.test', 'bare.test']
  const found = nameGroups(hostname, domains).find((each) => each.name === name)
  assert.ok(found)
  return found
}

async function shown(name: string) {
  const found = (await store.certificates.list()).find((each) => each.name === name)
  assert.ok(found)
  return found
}

test(
  'by http-01: the host name alone, then a domain’s names that lead here, others with the reason',
  { skip },
  async () => {
    const told: string[] = []
    const issuer = issuerBy('http-01', {}, told)
    const host = await issuer.issue(group(hostname))
    assert.deepEqual(host.kind === 'issued' && host.names, [hostname], JSON.stringify(host))
    const first = await issuer.issue(group('first.test'))
    assert.deepEqual(first.kind === 'issued' && first.names.toSorted(), [
      'imap.first.test',
      'smtp.first.test',
    ])
    const missing = (await store.certificates.missingNames()).map(({ name, because }) => [
      name,
      because,
    ])
    assert.deepEqual(
      Object.fromEntries(missing)['autoconfig.first.test'],
      'it leads to 192.0.2.7, which is not this server',
    )
    assert.deepEqual(Object.fromEntries(missing)['first.test'], 'it has no address in DNS')
    assert.match(
      told.join('\n'),
      /proving (imap|smtp)\.first\.test, (imap|smtp)\.first\.test by http-01/,
    )
    assert.deepEqual(await store.certificates.challenges(), [])
  },
)

test(
  'by tls-alpn-01: browsers see our certificate meanwhile, and a name with a foreign address is left out',
  { skip },
  async () => {
    const outcome = await issuerBy('tls-alpn-01').issue(group('second.test'))
    assert.deepEqual(
      outcome.kind === 'issued' && outcome.names.toSorted(),
      ['imap.second.test', 'mail.second.test', 'mta-sts.second.test', 'second.test'],
      JSON.stringify(outcome),
    )
    await waitFor('the certificate to be served', () =>
      tls.material('second.test').cert === tls.material('unheard.example').cert ? undefined : true,
    )
    assert.match(
      await subjectAt(pebble.tlsPort, 'mta-sts.second.test', ['h2', 'http/1.1']),
      /mta-sts\.second\.test/,
    )
    // Nothing is being proved: the challenge's protocol is refused, whatever the name.
    await assert.rejects(
      subjectAt(pebble.tlsPort, 'second.test', ['acme-tls/1']),
      /no application protocol/,
    )
  },
)

async function subjectAt(port: number, servername: string, protocols: string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const ca = [await pebble.root()]
  const socket = connect({ port, host: '127.0.0.1', servername, ca, ALPNProtocols: protocols })
  socket.once('error', reject)
  socket.once('secureConnect', () => resolve(socket.getPeerCertificate().subjectaltname ?? ''))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}

test('by dns-01, through an alias too; the records are gone afterwards', { skip }, async () => {
  const outcome = await issuerBy('dns-01').issue(group('third.test'))
  assert.deepEqual(
    outcome.kind === 'issued' && outcome.names.toSorted(),
    ['mail.third.test', 'pop.third.test'],
    JSON.stringify(outcome),
  )
  const direct = createResolver({ servers: [knot.server] })
  for (const name of ['_acme-challenge.mail.third.test', 'pop.proof.third.test'])
    assert.notEqual((await direct.txt(name)).kind, 'records', name)
})

test('a renewal keeps the key until it is replaced', { skip }, async () => {
  const first = await shown('third.test')
  const issuer = issuerBy('dns-01', { keyType: 'rsa' })
  assert.equal((await issuer.issue(group('third.test'))).kind, 'issued')
  const renewed = await shown('third.test')
  assert.notEqual(renewed.chain, first.chain)
  assert.deepEqual(renewed.pin, first.pin)
  await store.certificates.replaceKey('third.test', await newKey('rsa'), by)
  assert.equal((await issuer.issue(group('third.test'))).kind, 'issued')
  const replaced = await shown('third.test')
  assert.notDeepEqual(replaced.pin, first.pin)
  assert.equal(new X509Certificate(replaced.chain ?? '').publicKey.asymmetricKeyType, 'rsa')
})

test(
  'a name that another server answers for costs the others nothing, and rests',
  { skip },
  async () => {
    mute.add('smtp.first.test')
    const outcome = await issuerBy('http-01').issue(group('first.test'))
    assert.deepEqual(outcome.kind === 'issued' && outcome.names, ['imap.first.test'])
    const [found] = (await store.certificates.missingNames()).filter(
      ({ name }) => name === 'smtp.first.test',
    )
    assert.match(found?.because ?? '', /404.*\(from here: 127\.0\.0\.1:\d+ answers 404/)
    assert.ok((found?.restSeconds ?? 0) > 3000)
    // While it rests the authority is not asked for it again.
    mute.clear()
    const again = await issuerBy('http-01').issue(group('first.test'))
    assert.deepEqual(again.kind === 'issued' && again.names, ['imap.first.test'])
  },
)

test(
  'where no name can be proved it is a failure with a hint, and the certificate of before serves on',
  { skip },
  async () => {
    mute.add('imap.first.test')
    const old = await shown('first.test')
    const outcome = await issuerBy('http-01').issue(group('first.test'))
    assert.ok(outcome.kind === 'failed' && outcome.restSeconds > 200)
    assert.ok(hintOf(outcome.problem.kind))
    const { chain, failures, problem } = await shown('first.test')
    assert.equal(chain, old.chain)
    assert.equal(failures, 1)
    assert.match(problem?.text ?? '', /imap\.first\.test/)
    mute.clear()
  },
)

test('an order that was cut off is taken up again', { skip }, async () => {
  const told: string[] = []
  const cut = new AbortController()
  const issuer = new Issuer({
    acme: acmeBy('tls-alpn-01'),
    hostname,
    certificates: store.certificates,
    resolver,
    by,
    told(step) {
      told.push(step)
      if (step.startsWith('proving')) cut.abort(new Error('killed'))
    },
  })
  await assert.rejects(issuer.issue(group('second.test'), cut.signal), /killed|abort/)
  const { order, pin } = await shown('second.test')
  assert.ok(order)
  const again: string[] = []
  const outcome = await issuerBy('tls-alpn-01', {}, again).issue(group('second.test'))
  assert.equal(outcome.kind, 'issued', JSON.stringify(outcome))
  assert.doesNotMatch(again.join('\n'), /ordering/)
  const taken = await shown('second.test')
  assert.deepEqual([taken.pin, taken.order], [pin, undefined])
})

test('an order that leads nowhere is not taken up for ever', { skip }, async () => {
  const name = 'third.test'
  let url: string | undefined
  const issuer = new Issuer({
    acme: acmeBy('dns-01'),
    hostname,
    certificates: store.certificates,
    resolver,
    by,
    told: () => void shown(name).then(({ order }) => (url = order?.url ?? url)),
  })
  assert.equal((await issuer.issue(group(name))).kind, 'issued')
  const { names } = await shown(name)
  assert.ok(url)
  // It is valid, for these names, and for the key of before.
  await store.certificates.replaceKey(name, await newKey('ecdsa'), by)
  await store.certificates.noteOrder(name, { url, names, isNext: true })
  const stuck = await issuer.issue(group(name))
  assert.match(stuck.kind === 'failed' ? stuck.problem.text : '', /for another key/)
  assert.equal((await issuer.issue(group(name))).kind, 'issued')
})

test(
  'an authority that has forgotten us is told again who we are, with the same key',
  { skip },
  async () => {
    const account = await store.certificates.account(pebble.directory)
    await pebble.stop()
    const away = await issuerBy('http-01').issue(group(hostname))
    assert.equal(away.kind === 'failed' && away.problem.kind, 'unreachable')
    pebble = await startPebble({ dns: knot.server, instead: pebble })
    const outcome = await issuerBy('http-01').issue(group(hostname))
    assert.equal(outcome.kind, 'issued', JSON.stringify(outcome))
    const now = await store.certificates.account(pebble.directory)
    assert.ok(account && now?.key.equals(account.key))
  },
)

test('a domain without a name that leads here is no failure', { skip }, async () => {
  const outcome = await issuerBy('http-01').issue(group('bare.test'))
  assert.equal(outcome.kind, 'nothing')
  const { failures, restSeconds } = await shown('bare.test')
  assert.equal(failures, 0)
  assert.ok(restSeconds > 60)
})

test('keys are changed once their record has been seen for two TTLs', { skip }, async () => {
  const clock = new RenewalClock({
    acme: acmeBy('http-01', { keys: 'roll' }),
    hostname,
    store,
    resolver,
    log,
    limits: { firstMs: 10, everyMs: 100 },
  })
  try {
    const { nextPin } = await waitFor('a next key', async () => {
      const found = await shown(hostname)
      return found.nextPin === undefined ? undefined : found
    })
    const { pin } = await shown(hostname)
    // No TLSA records at all: nobody relies on the old one, and it is ready.
    await waitFor('the next key to be ready', async () =>
      ((await shown(hostname)).nextReadyInSeconds ?? 1) <= 0 ? true : undefined,
    )
    await store.certificates.renewAt(hostname, new Date(0))
    const rolled = await waitFor('the renewal', async () => {
      const found = await shown(hostname)
      return found.pin.equals(pin) ? undefined : found
    })
    assert.deepEqual(rolled.pin, nextPin)
    const key = await store.certificates.key(hostname, 'present')
    assert.deepEqual(key === undefined ? undefined : publicKeyPin(key), nextPin)
  } finally {
    await clock.end()
  }
})

import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { loadConfig, type AcmeConfig, type Config } from '@posthouse/config'
import { Zone, zoneResolver } from '@posthouse/dns'
import { openStore, publicKeyPin, type Store } from '@posthouse/store'
import { freshDatabase, testAuthority, type FreshDatabase } from '@posthouse/testkit'
import { checkTls } from './check-tls.ts'
import type { Finding } from './finding.ts'

const hostname = 'mail.first.test'
const day = 86_400_000
const by = { via: 'test', user: '' }

let folder: string
let database: FreshDatabase
let store: Store
let door: Server
let port: number
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'check-tls-'))
  await writeFile(path.join(folder, 'posthouse.toml'), '')
  database = await freshDatabase()
  const secretKeyFile = path.join(folder, 'secret-key')
  store = await openStore({ database: database.url, app: 'test', unsafe: true, secretKeyFile })
  door = createServer()
  await new Promise<void>((done) => door.listen(0, '127.0.0.1', () => done()))
  const address = door.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
after(async () => {
  door.close()
  await store.close()
  await database.drop()
  await rm(folder, { recursive: true })
})

function configBy(acme: Partial<AcmeConfig> | undefined): Config {
  const env = { POSTHOUSE_DATA: folder, POSTHOUSE_HOSTNAME: hostname }
  const config = loadConfig({ env, file: path.join(folder, 'posthouse.toml') })
  if (acme === undefined) return config
  return {
    ...config,
    acme: {
      directory: 'https://a.test/dir',
      challenge: 'http-01',
      keys: 'stable',
      keyType: 'ecdsa',
      httpPort: port,
      tlsPort: port,
      ...acme,
    },
  }
}

async function findings(
  acme: Partial<AcmeConfig> | undefined,
  zone = '',
  config = configBy(acme),
): Promise<ReadonlyMap<string, Finding>> {
  const all = await checkTls.run({
    config,
    store,
    resolver: zoneResolver(new Zone(`${hostname} A 127.0.0.1\n${zone}`)),
    status: undefined,
    domains: [],
    addresses: [],
    isOffline: false,
    timeServer: '',
  })
  return new Map(all.map((each) => [each.id, each]))
}

const newKey = () => Promise.resolve(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)

function lasting(days: number, ...names: readonly string[]) {
  const validity = {
    notBefore: new Date(Date.now() - 80 * day),
    notAfter: new Date(Date.now() + days * day + 60_000),
  }
  const { cert, key } = testAuthority().issue(names, validity)
  const { validFromDate: notBefore, validToDate: notAfter } = new X509Certificate(cert)
  return { made: { chain: cert, names, notBefore, notAfter }, key: createPrivateKey(key) }
}

test('without an authority the certificate that was made here is a warning that names the way out', async () => {
  const found = await findings(undefined)
  assert.equal(found.get('tls.name')?.state, 'ok')
  assert.equal(found.get('tls.expiry')?.state, 'ok')
  assert.match(found.get('tls.origin')?.next ?? '', /tls\.source = "acme"/)
  assert.equal(found.get('tls.challenge'), undefined)
})

test('one that could not be had is a failure with its hint, a name that was refused a warning', async () => {
  const { certificates } = store
  await certificates.equip(hostname, newKey)
  const problem = { kind: 'caa', text: 'CAA forbids it' }
  await certificates.noteFailure(hostname, problem, 600)
  await certificates.noteNameFailure(hostname, 'imap.first.test', 'no answer', 600)
  await certificates.noteMissing(hostname, [{ name: 'pop.first.test', because: 'no address' }])
  const found = await findings({})
  const failed = found.get(`tls.renewal:${hostname}`)
  assert.equal(failed?.state, 'fail')
  assert.match(failed?.text ?? '', /1 times in a row: CAA forbids it/)
  assert.match(failed?.next ?? '', /CAA record/)
  assert.equal(found.get('tls.missing:imap.first.test')?.state, 'warn')
  assert.equal(found.get('tls.missing:pop.first.test'), undefined)
  // The server's own serves meanwhile, and its name is right.
  assert.equal(found.get('tls.challenge')?.state, 'ok')
})

test('a closed port that the authority will knock at is told before it fails', async () => {
  const found = await findings({ httpPort: 1 })
  const finding = found.get('tls.challenge')
  assert.equal(finding?.state, 'warn')
  assert.match(finding?.text ?? '', /Port 1 of mail\.first\.test \(127\.0\.0\.1\) does not answer/)
  const dns = { server: '127.0.0.1', keyFile: '/k' }
  assert.equal((await findings({ challenge: 'dns-01', dns })).get('tls.challenge'), undefined)
})

test('a TLSA record of another key is a failure, that of ours is well', async () => {
  const { made, key } = lasting(60, hostname)
  await store.certificates.import(hostname, made, key, by)
  const ours = `_25._tcp.${hostname} TLSA 3 1 1 ${publicKeyPin(key).toString('hex')}`
  const strange = `_25._tcp.${hostname} TLSA 3 1 1 ${'ab'.repeat(32)}`
  assert.equal((await findings({}, strange)).get('tls.dane')?.state, 'fail')
  assert.equal((await findings({}, `${strange}\n${ours}`)).get('tls.dane')?.state, 'ok')
  const other = `_25._tcp.${hostname} TLSA 2 1 1 ${'ab'.repeat(32)}`
  assert.equal((await findings({}, other)).get('tls.dane'), undefined)
})

test('certificates that end soon, have ended, or are for other names are told apart', async () => {
  const soon = lasting(5, hostname)
  await store.certificates.import(hostname, soon.made, soon.key, by)
  const found = await findings({})
  const ending = found.get('tls.expiry')
  assert.equal(ending?.state, 'warn')
  assert.match(ending?.next ?? '', /tls import/)
  const over = lasting(-2, 'other.test')
  await store.certificates.import(hostname, over.made, over.key, by)
  const later = await findings({})
  assert.equal(later.get('tls.expiry')?.state, 'fail')
  assert.match(later.get('tls.name')?.text ?? '', /for other\.test, not for mail\.first\.test/)
})

async function told(publicHost: string): Promise<Finding | undefined> {
  const config = configBy(undefined)
  const clients = { ...config.clients, publicHost }
  return (await findings(undefined, '', { ...config, clients })).get('tls.public-name')
}

test('a name that mail programs are told and no certificate is for is named', async () => {
  const both = lasting(60, hostname, 'told.test')
  await store.certificates.import(hostname, both.made, both.key, by)
  assert.equal((await told('told.test'))?.state, 'ok')
  assert.equal(await told(hostname), undefined)
  const missing = await told('imap.told.test')
  assert.equal(missing?.state, 'fail')
  assert.match(missing?.text ?? '', /No certificate is for imap\.told\.test/)
})

test('the key that the TLSA records must name is that of the certificate which is shown', async () => {
  const brought = lasting(90, '*.first.test')
  await store.certificates.import('*.first.test', brought.made, brought.key, by)
  const record = `_25._tcp.${hostname} TLSA 3 1 1 ${publicKeyPin(brought.key).toString('hex')}`
  assert.equal((await findings({}, record)).get('tls.dane')?.state, 'ok')
  const own = (await store.certificates.find(hostname))?.pin.toString('hex')
  const stale = await findings({}, `_25._tcp.${hostname} TLSA 3 1 1 ${own}`)
  assert.equal(stale.get('tls.dane')?.state, 'fail')
  await store.certificates.remove('*.first.test', by)
})

import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { openStore, type Store } from '@posthouse/store'
import { createLog } from '@posthouse/telemetry'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { certificateNames } from './certificate-names.ts'
import { serveCertificates } from './serve-certificates.ts'
import { createTlsSource, type TlsMaterial, type TlsSource } from './tls-source.ts'

const day = 86_400_000
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 9 * day) }
const authority = createAuthority('Test authority', validity)
const leafOf = (...names: readonly string[]): TlsMaterial =>
  issueCertificate(authority, names, validity)
const by = { via: 'test', user: '' }

let folder: string
let database: FreshDatabase
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'serving-'))
  database = await freshDatabase()
})
after(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const open = (keyFile = 'secret-key'): Promise<Store> =>
  openStore({
    database: database.url,
    app: 'test',
    unsafe: true,
    secretKeyFile: path.join(folder, keyFile),
  })

function bring(store: Store, name: string, leaf: TlsMaterial): Promise<void> {
  const { validFromDate: notBefore, validToDate: notAfter } = new X509Certificate(leaf.cert)
  const names = certificateNames(new X509Certificate(leaf.cert))
  const made = { chain: leaf.cert, names, notBefore, notAfter }
  return store.certificates.import(name, made, createPrivateKey(leaf.key), by)
}

/** A process that serves, and what it said. */
async function serving(keyFile?: string, isIssuing = true) {
  const store = await open(keyFile)
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line) }
  const log = createLog({ level: 'info', format: 'json', destination })
  const tls = createTlsSource(leafOf('own.test'), 'mail.test')
  const served = await serveCertificates({ tls, certificates: store.certificates, log, isIssuing })
  const end = async (): Promise<void> => {
    served.stop()
    await store.close()
  }
  return { tls, lines, served, store, end }
}

const changed = (tls: TlsSource): Promise<void> =>
  new Promise((resolve) => {
    const stop = tls.onChange(() => {
      stop()
      resolve()
    })
  })

test('what one process brings, every other serves a moment later', async () => {
  const one = await serving()
  const other = await serving()
  try {
    assert.equal(one.tls.material('imap.a.test').cert, one.tls.own().cert)
    const leaf = leafOf('imap.a.test')
    // Listening begins with a look; only then is a wake-up heard.
    let at = changed(other.tls)
    await bring(one.store, 'a.test', leaf)
    while (other.tls.material('imap.a.test').cert !== leaf.cert) {
      await at
      at = changed(other.tls)
    }
    await one.served.refresh()
    assert.equal(one.tls.material('imap.a.test').cert, leaf.cert)
  } finally {
    await Promise.all([one.end(), other.end()])
  }
})

test('what is taken away is served no more, and nothing else is', async () => {
  const one = await serving()
  try {
    await bring(one.store, 'gone.test', leafOf('imap.gone.test'))
    await one.served.refresh()
    assert.notEqual(one.tls.material('imap.gone.test').cert, one.tls.own().cert)
    await one.store.certificates.remove('gone.test', by)
    await one.served.refresh()
    assert.equal(one.tls.material('imap.gone.test').cert, one.tls.own().cert)
    assert.notEqual(one.tls.material('imap.a.test').cert, one.tls.own().cert)
  } finally {
    await one.end()
  }
})

test('where no authority is asked, what one issued before is not served', async () => {
  const issuing = await serving()
  const plain = await serving(undefined, false)
  try {
    const leaf = leafOf('issued.test')
    const { certificates } = issuing.store
    await certificates.equip('issued.test', () => Promise.resolve(createPrivateKey(leaf.key)))
    const { validFromDate: notBefore, validToDate: notAfter } = new X509Certificate(leaf.cert)
    const made = { chain: leaf.cert, names: ['issued.test'], notBefore, notAfter }
    const times = { renewAt: notAfter, keptSeconds: 0 }
    await certificates.install('issued.test', { ...made, ...times, isNext: false }, by)
    await Promise.all([issuing.served.refresh(), plain.served.refresh()])
    assert.equal(issuing.tls.material('issued.test').cert, leaf.cert)
    assert.equal(plain.tls.material('issued.test').cert, plain.tls.own().cert)
    assert.notEqual(plain.tls.material('imap.a.test').cert, plain.tls.own().cert)
  } finally {
    await Promise.all([issuing.end(), plain.end()])
  }
})

test('a process whose key file is another serves its own certificate, and says which it cannot open', async () => {
  await writeFile(path.join(folder, 'other-key'), `${'ab'.repeat(32)}\n`)
  const strange = await serving('other-key')
  try {
    assert.equal(strange.tls.material('imap.a.test').cert, strange.tls.own().cert)
    assert.match(strange.lines.join(''), /a\.test.*cannot be opened.*tls\.certificate\.unreadable/)
  } finally {
    await strange.end()
  }
})

test('a database that is away changes nothing', async () => {
  const one = await serving()
  const { cert } = one.tls.material('imap.a.test')
  assert.notEqual(cert, one.tls.own().cert)
  await one.store.close()
  await one.served.refresh()
  assert.equal(one.tls.material('imap.a.test').cert, cert)
  assert.match(one.lines.join(''), /tls\.certificates\.unavailable/)
})

test('a change that the database could not tell of at once is served a moment later', async () => {
  const one = await serving()
  await bring(one.store, 'late.test', leafOf('late.test'))
  let failing = 1
  const { certificates } = one.store
  const tls = createTlsSource(leafOf('own.test'), 'mail.test')
  const serves = await serveCertificates({
    tls,
    log: createLog({ level: 'silent', format: 'json' }),
    isIssuing: true,
    againMs: 10,
    certificates: Object.assign(Object.create(certificates), {
      served: async (name?: string) => {
        if (failing-- > 0) throw new Error('too many connections')
        return certificates.served(name)
      },
      // Nobody says once more that something has changed.
      onChange: () => () => undefined,
    }),
  })
  try {
    assert.equal(tls.material('late.test').cert, tls.own().cert)
    await changed(tls)
    assert.notEqual(tls.material('late.test').cert, tls.own().cert)
  } finally {
    serves.stop()
    await one.end()
  }
})

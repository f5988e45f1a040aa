import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { localCertificate } from './local-authority.ts'

const names = ['mail.example.test', 'localhost', '127.0.0.1', '::1']
let root = ''

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'local-ca-'))
})
after(() => rm(root, { recursive: true, force: true }))

test('makes an authority and a certificate for every name, with keys only the owner can read', async () => {
  const folder = join(root, 'first')
  const made = await localCertificate(folder, names)
  const leaf = new X509Certificate(made.cert)
  assert.equal(leaf.checkHost('mail.example.test'), 'mail.example.test')
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(leaf.checkIP('::1'), '::1')
  assert.equal(leaf.ca, false)
  for (const key of ['ca-key.pem', 'tls-key.pem']) {
    assert.equal((await stat(join(folder, key))).mode & 0o777, 0o600)
  }
  const files = await readdir(folder)
  assert.deepEqual(files.toSorted(), ['ca-key.pem', 'ca.pem', 'tls-cert.pem', 'tls-key.pem'])
})

test('a second call returns the same certificate', async () => {
  const folder = join(root, 'again')
  const first = await localCertificate(folder, names)
  const second = await localCertificate(folder, names)
  assert.equal(first.isNew, true)
  assert.equal(second.isNew, false)
  assert.equal(second.cert, first.cert)
})

test('another name, and the last month, make a new certificate from the same authority', async () => {
  const folder = join(root, 'renewal')
  const now = new Date()
  const first = await localCertificate(folder, ['localhost'], now)
  const named = await localCertificate(folder, ['localhost', 'mail.example.test'], now)
  const later = new Date(now.getTime() + 380 * 24 * 3600 * 1000)
  const renewed = await localCertificate(folder, ['localhost', 'mail.example.test'], later)
  assert.equal(named.isNew, true)
  assert.equal(renewed.isNew, true)
  const issuers = [first, named, renewed].map((made) => new X509Certificate(made.cert).issuer)
  assert.equal(new Set(issuers).size, 1)
})

test('a clock that starts years behind makes nothing anew, and costs nobody the authority that is trusted', async () => {
  const folder = join(root, 'behind')
  const first = await localCertificate(folder, names)
  const trusted = await readFile(first.caFile, 'utf8')
  const behind = await localCertificate(folder, names, new Date(0))
  assert.equal(behind.isNew, false)
  assert.equal(behind.cert, first.cert)
  await localCertificate(folder, [...names, 'other.example.test'], new Date(0))
  assert.equal(await readFile(first.caFile, 'utf8'), trusted)
})

test('files that are broken or do not belong together are made anew', async () => {
  const folder = join(root, 'broken')
  await localCertificate(folder, names)
  await writeFile(join(folder, 'tls-key.pem'), 'no key at all')
  const mended = await localCertificate(folder, names)
  assert.equal(mended.isNew, true)
  await rm(join(folder, 'ca-key.pem'))
  const renewed = await localCertificate(folder, names)
  assert.equal(renewed.isNew, true)
})

test('a client that trusts ca.pem connects and verifies the name', async () => {
  const { cert, key, caFile } = await localCertificate(join(root, 'tls'), names)
  const server = createServer({ cert, key }, (socket) => socket.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const ca = await readFile(caFile, 'utf8')
  const socket = connect({
    port: address.port,
    host: '127.0.0.1',
    servername: 'mail.example.test',
    ca,
  })
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  assert.equal(socket.authorized, true)
  assert.equal(text, 'hello')
  server.close()
})

test('many that start together agree on one authority and one certificate', async () => {
  const folder = join(root, 'together')
  const made = await Promise.all(Array.from({ length: 8 }, () => localCertificate(folder, names)))
  assert.equal(new Set(made.map(({ cert }) => cert)).size, 1)
  assert.equal(new Set(made.map(({ key }) => key)).size, 1)
  assert.equal(made.filter(({ isNew }) => isNew).length, 1)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { listen } from '@posthouse/line-server'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { createLog } from '@posthouse/telemetry'
import { createTlsSource, type TlsMaterial } from './tls-source.ts'

const day = 86_400_000
const validity = (days: number) => ({
  notBefore: new Date(Date.now() - day),
  notAfter: new Date(Date.now() + days * day),
})
const authority = createAuthority('Test authority', validity(30))
const leafOf = (days: number, ...names: readonly string[]): TlsMaterial =>
  issueCertificate(authority, names, validity(days))

async function namesSeen(
  port: number,
  servername: string | undefined,
): Promise<string | undefined> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(servername === undefined ? {} : { servername }),
  })
  await once(socket, 'secureConnect')
  const { subjectaltname } = socket.getPeerCertificate()
  socket.destroy()
  return subjectaltname?.replaceAll('DNS:', '')
}

test('each name gets its own certificate; no name, and one that is not known, get the host name’s', async () => {
  const tls = createTlsSource(leafOf(20, 'made.here.test'), 'mail.example.test')
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    tls,
    maxConnections: 50,
    maxConnectionsPerAddress: 50,
    log: createLog({ level: 'silent', format: 'json' }),
    onConnection: async (connection) => {
      await connection.write('hello\r\n')
    },
  })
  const seen = (name?: string) => namesSeen(listener.port, name)
  try {
    assert.equal(await seen(), 'made.here.test')
    assert.equal(await seen('imap.first.test'), 'made.here.test')
    tls.serve([
      leafOf(20, 'mail.example.test'),
      leafOf(20, 'imap.first.test', 'smtp.first.test'),
      leafOf(20, '*.second.test'),
    ])
    assert.equal(await seen('imap.first.test'), 'imap.first.test, smtp.first.test')
    assert.equal(await seen('IMAP.first.test.'), 'imap.first.test, smtp.first.test')
    assert.equal(await seen('any.second.test'), '*.second.test')
    for (const name of ['second.test', 'a.b.second.test', 'strange.test', '-_-', undefined])
      assert.equal(await seen(name), 'mail.example.test', name)
  } finally {
    await listener.close(0)
  }
})

test('of two for one name the one that is good for longer serves', () => {
  const tls = createTlsSource(leafOf(20, 'own.test'))
  const long = leafOf(25, 'a.test')
  tls.serve([leafOf(5, 'a.test', 'b.test'), long, leafOf(9, 'a.test')])
  assert.equal(tls.material('a.test').cert, long.cert)
  assert.match(tls.material('b.test').cert, /BEGIN CERTIFICATE/)
})

test('what somebody brought goes before what an authority gave, and what is over behind what is not', () => {
  const tls = createTlsSource(leafOf(20, 'own.test'))
  const [issued, over] = [leafOf(25, 'imap.a.test'), leafOf(-0.5, 'pop.a.test')]
  const wild = leafOf(9, '*.a.test')
  const exact = leafOf(5, 'smtp.b.test')
  tls.serve([issued, over, wild, leafOf(25, 'smtp.b.test'), { ...exact, isImported: true }])
  assert.equal(tls.material('smtp.b.test').cert, exact.cert)
  assert.equal(tls.material('imap.a.test').cert, issued.cert)
  // Nobody renews it any more, for the wildcard is for its name.
  assert.equal(tls.material('pop.a.test').cert, wild.cert)
  tls.serve([issued, { ...wild, isImported: true }])
  assert.equal(tls.material('imap.a.test').cert, wild.cert)
  tls.serve([over])
  assert.equal(tls.material('pop.a.test').cert, over.cert)
})

test('one that is damaged is named, and for its names what served before goes on', () => {
  const tls = createTlsSource(leafOf(20, 'own.test'), 'own.test')
  const [first, second, third] = [leafOf(5, 'a.test'), leafOf(5, 'b.test'), leafOf(9, 'b.test')]
  assert.deepEqual(tls.serve([first, second]), [])
  let changes = 0
  tls.onChange(() => (changes += 1))
  const broken = [
    { cert: first.cert, key: third.key },
    { cert: 'no certificate', key: first.key },
    { cert: first.cert, key: '' },
  ]
  for (const each of broken) {
    const unusable = tls.serve([each, third])
    assert.deepEqual(
      unusable.map(({ cert }) => cert),
      [each.cert],
    )
    assert.equal(tls.material('a.test').cert, first.cert)
    assert.equal(tls.material('b.test').cert, third.cert)
  }
  assert.equal(changes, broken.length)
  assert.deepEqual(tls.serve([third]), [])
  assert.equal(tls.material('a.test').cert, tls.own().cert)
})

test('one that OpenSSL does not take after all is no end of a handshake', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const folder = mkdtempSync(path.join(tmpdir(), 'weak-'))
  writeFileSync(path.join(folder, 'key.pem'), key)
  const name = ['-subj', '/CN=weak.test', '-addext', 'subjectAltName=DNS:weak.test']
  const args = ['req', '-x509', '-key', path.join(folder, 'key.pem'), '-days', '9', ...name]
  const cert = execFileSync('openssl', args, { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  const tls = createTlsSource(leafOf(20, 'own.test'), 'own.test')
  assert.deepEqual(tls.serve([{ cert, key }]), [])
  assert.equal(tls.current('weak.test'), tls.current('own.test'))
  // A library that makes its own context is given nothing that it cannot take.
  assert.equal(tls.material('weak.test'), tls.own())
})

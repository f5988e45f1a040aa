import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Zone } from '@posthouse/dns'
import { startDnsServer, testAuthority, type DnsServer } from '@posthouse/testkit'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

let dns: DnsServer
let house: CommandHouse
before(async () => {
  dns = await startDnsServer(
    new Zone(`
      mail.first.test A 127.0.0.1
      imap.first.test A 127.0.0.1
      smtp.first.test A 192.0.2.1
    `),
  )
  house = await openCommandHouse({ POSTHOUSE_RESOLVERS: dns.address })
})
after(async () => {
  await house.close()
  await dns.close()
})

const day = 86_400_000
const lasting = (days: number) => ({
  notBefore: new Date(Date.now() - 30 * day),
  notAfter: new Date(Date.now() + days * day),
})

interface Shown {
  readonly name: string
  readonly source: string
  readonly state: string
  readonly names: readonly string[]
  readonly pin: string
  readonly problem: string | null
  readonly hint: string | null
  readonly missing: readonly { readonly name: string; readonly because: string }[]
}

async function shown(): Promise<readonly Shown[]> {
  const { stdout } = await house.run('tls', 'status', '--json')
  return (JSON.parse(stdout) as { items: Shown[] }).items
}

test('without an authority the server’s own certificate is shown, and none can be ordered', async () => {
  const [own, ...more] = await shown()
  assert.deepEqual([own?.source, own?.state, more], ['local', 'valid', []])
  const said = await house.refused(6, 'tls', 'issue')
  assert.match(said, /No authority is asked.*\n.*tls\.source = "acme"/)
})

test('a certificate is imported for all machines, shown, pinned, and removed', async () => {
  const { cert, key } = testAuthority().issue(['mail.first.test', '*.first.test'], lasting(60))
  const [certFile, keyFile] = [await house.file('cert.pem', cert), await house.file('key.pem', key)]
  const files = ['--cert', certFile, '--key', keyFile]
  const rehearsed = await house.run('tls', 'import', ...files, '--dry-run')
  assert.match(
    rehearsed.stderr,
    /Would import mail\.first\.test: for mail\.first\.test, \*\.first\.test/,
  )
  assert.deepEqual(await house.store.certificates.list(), [])
  const made = await house.json('tls', 'import', ...files, '--name', 'localhost')
  assert.deepEqual(
    [made['name'], made['source'], made['state']],
    ['localhost', 'imported', 'valid'],
  )
  const [only, ...more] = await shown()
  assert.deepEqual([only?.names, more], [['mail.first.test', '*.first.test'], []])
  const spki = new X509Certificate(cert).publicKey.export({ format: 'der', type: 'spki' })
  const pin = createHash('sha256').update(spki).digest('hex')
  assert.match(
    await house.ok('tls', 'pin', '-o', 'plain'),
    new RegExp(`^_25\\._tcp\\.localhost\\.\tTLSA\t3 1 1 ${pin}\n$`),
  )
  const entries = await house.store.audit.list({ object: 'localhost' })
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['certificate.imported'],
  )
  assert.ok(!JSON.stringify(entries).includes('PRIVATE'))
  await house.refused(2, 'tls', 'remove', 'localhost')
  await house.ok('tls', 'remove', 'localhost', '--yes')
  assert.match(
    await house.refused(5, 'tls', 'remove', 'localhost', '--yes'),
    /no certificate localhost/,
  )
})

/** One of 1024 bits, signed by itself. */
async function weakLeaf(): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const file = await house.file('weak.pem', key)
  const name = ['-subj', '/CN=weak.test', '-addext', 'subjectAltName=DNS:weak.test']
  const args = ['req', '-x509', '-key', file, '-days', '9', ...name]
  return { cert: execFileSync('openssl', args, { encoding: 'utf8' }), key }
}

test('what cannot be served is not imported, and the reason is told without the key', async () => {
  const good = testAuthority().issue(['a.test'], lasting(60))
  const other = testAuthority().issue(['a.test'], lasting(60))
  const over = testAuthority().issue(['a.test'], lasting(-1))
  const weak = await weakLeaf()
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    [good.cert, other.key, 2, /a certificate for another key/],
    [good.key, good.key, 2, /no chain of certificates/],
    ['nothing', good.key, 2, /no chain of certificates/],
    [good.cert, good.cert, 2, /no private key that can be read/],
    [over.cert, over.key, 6, /ended on/],
    [weak.cert, weak.key, 2, /key too small/],
  ]
  for (const [cert, key, code, message] of cases) {
    const files = ['--cert', await house.file('c', cert), '--key', await house.file('k', key)]
    const said = await house.refused(code, 'tls', 'import', ...files)
    assert.match(said, message)
    assert.doesNotMatch(said, /BEGIN|[A-Za-z0-9+/]{40}/)
  }
  const absent = ['--cert', '/nowhere/c', '--key', '/nowhere/k']
  assert.match(await house.refused(2, 'tls', 'import', ...absent), /cannot be read/)
  assert.deepEqual(await house.store.certificates.list(), [])
})

test('an authority that cannot be reached is told with what helps, and nothing else suffers', async () => {
  await house.file(
    'posthouse.toml',
    'hostname = "mail.first.test"\n[tls]\nsource = "acme"\nacme_directory = "https://127.0.0.1:1/dir"\n',
  )
  await house.store.domains.create('first.test', house.actor)
  await house.store.domains.create('bare.test', house.actor)
  const rehearsed = await house.run('tls', 'issue', '--dry-run')
  assert.match(rehearsed.stderr, /mail\.first\.test: would be ordered for mail\.first\.test\n/)
  assert.match(rehearsed.stderr, /\nfirst\.test: would be ordered for imap\.first\.test\n/)
  assert.match(rehearsed.stderr, /\nbare\.test: no name of it leads here/)
  assert.deepEqual(await house.store.certificates.list(), [])
  const failed = await house.run('tls', 'issue')
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /127\.0\.0\.1:1 cannot be reached/)
  assert.match(failed.stderr, /Does this machine reach the authority/)
  // The others are left alone: a thousand domains would wait for half a minute each.
  assert.match(failed.stderr, /the same with the 2 that follow/)
  assert.deepEqual(
    (await house.store.certificates.list()).map(({ name }) => name),
    ['mail.first.test'],
  )
  assert.equal((await house.run('tls', 'issue', 'first.test')).code, 1)
  assert.equal((await house.run('tls', 'issue', 'bare.test')).code, 0)
  const status = await house.run('tls', 'status')
  assert.equal(status.code, 3)
  assert.match(status.stderr, /first\.test: without smtp\.first\.test: it leads to 192\.0\.2\.1/)
  assert.match(status.stderr, /The next try: in \d+m/)
  const items = await shown()
  const byName = new Map(items.map((each) => [each.name, each]))
  assert.equal(byName.get('bare.test')?.problem, null)
  assert.match(byName.get('first.test')?.problem ?? '', /cannot be reached/)
  // The server's own serves meanwhile.
  assert.ok(items.some(({ source, state }) => source === 'local' && state === 'valid'))
  assert.match(await house.refused(5, 'tls', 'issue', 'strange.test'), /no name that a certificate/)
  assert.match(
    await house.run('tls', 'issue', 'imap.first.test').then(({ stderr }) => stderr),
    /first\.test/,
  )
})

test('a rehearsal notes nothing, whatever is there already', async () => {
  const { certificates } = house.store
  const { cert: chain } = testAuthority().issue(['imap.first.test'], lasting(60))
  const made = { chain, names: ['imap.first.test'], ...lasting(60) }
  const times = { renewAt: made.notAfter, keptSeconds: 0, isNext: false }
  await certificates.install('first.test', { ...made, ...times }, house.actor)
  const noted = await certificates.missingNames('first.test')
  assert.ok(noted.length > 0)
  const { stderr } = await house.run('tls', 'issue', 'first.test', '--dry-run')
  assert.match(stderr, /first\.test: it is renewed by itself on/)
  const kept = (await certificates.missingNames('first.test')).map(({ checkedAt }) => checkedAt)
  assert.deepEqual(
    kept,
    noted.map(({ checkedAt }) => checkedAt),
  )
})

test('what an imported certificate would take from an issued one is told beforehand', async () => {
  const { cert, key } = testAuthority().issue(['first.test', 'www.first.test'], lasting(60))
  const files = ['--cert', await house.file('c', cert), '--key', await house.file('k', key)]
  const { stderr } = await house.run('tls', 'import', ...files, '--dry-run')
  assert.match(stderr, /not for imap\.first\.test, smtp\.first\.test/)
  assert.match(stderr, /another --name/)
  const aside = await house.run('tls', 'import', ...files, '--dry-run', '--name', 'bought')
  assert.doesNotMatch(aside.stderr, /not for/)
})

test('the pin is that of the certificate which port 25 shows', async () => {
  const { cert, key } = testAuthority().issue(['*.first.test'], lasting(60))
  const files = ['--cert', await house.file('c', cert), '--key', await house.file('k', key)]
  await house.ok('tls', 'import', ...files)
  const spki = new X509Certificate(cert).publicKey.export({ format: 'der', type: 'spki' })
  const pin = createHash('sha256').update(spki).digest('hex')
  assert.match(await house.ok('tls', 'pin', '-o', 'plain'), new RegExp(`3 1 1 ${pin}\n$`))
  await house.ok('tls', 'remove', '*.first.test', '--yes')
})

test('while another process issues, this one says so', async () => {
  await house.store.certificates.alone(async () => {
    const said = await house.refused(8, 'tls', 'issue', '--wait', '0')
    assert.match(said, /Another process is issuing certificates right now/)
    await house.refused(2, 'tls', 'issue', '--wait', 'long')
  })
})

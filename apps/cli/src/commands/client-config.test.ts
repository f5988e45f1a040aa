import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { autoconfigXml, autodiscoverXml, offerFor } from '@posthouse/client-setup'
import { loadConfig, Secret } from '@posthouse/config'
import { openCommandHouse, type CommandHouse } from '../testing/command-house.ts'

const ada = 'ada@example.test'
const env = { POSTHOUSE_HOSTNAME: 'mail.example.test' }
const offer = offerFor(loadConfig({ env }), 'example.test')
let house: CommandHouse

before(async () => {
  house = await openCommandHouse(env)
  await house.account(ada)
})
after(() => house.close())

test('client-config tells the servers, and where people find them', async () => {
  const { code, stdout, stderr } = await house.run('client-config', ada)
  assert.equal(code, 0)
  assert.match(stdout, /imap +mail\.example\.test +2993 +SSL\/TLS +ada@example\.test/)
  assert.match(stderr, /https:\/\/mail\.example\.test:2443\/setup\?address=ada%40example\.test/)
  const { items } = await house.json('client-config', ada)
  assert.deepEqual((items as readonly unknown[])[0], {
    protocol: 'imap',
    host: 'mail.example.test',
    port: 2993,
    security: 'SSL/TLS',
    username: ada,
    authentication: 'password',
  })
})

test('client-config gives documents as they are served, octet for octet', async () => {
  const get = (format: string) => house.ok('client-config', ada, '--format', format)
  assert.equal(await get('autoconfig'), autoconfigXml(offer))
  assert.equal(await get('autodiscover'), autodiscoverXml(offer, ada))
  assert.match(await get('autodiscover-json'), /^{"Protocol":"AutodiscoverV1"/)
  assert.match(await get('mobileconfig'), /<key>EmailAddress<\/key><string>ada@example\.test</)
  // PACC names no ports, and these are not the registered ones.
  assert.match(await house.refused(6, 'client-config', ada, '--format', 'pacc'), /no pacc to serve/)
})

test('client-config speaks in the labels of a program', async () => {
  const outlook = await house.ok('client-config', ada, '--format', 'outlook')
  assert.match(outlook, /^Outlook \(classic\).*\n\n1\. File › Add Account\./)
  assert.match(outlook, /Incoming mail\n {2}Server +mail\.example\.test\n {2}Port +2993\n/)
  const guide = await house.json('client-config', ada, '--format', 'k9')
  assert.equal(guide['kind'], 'ClientGuide')
  assert.equal(guide['id'], 'k9')
  const unknown = await house.refused(2, 'client-config', ada, '--format', 'pine')
  assert.match(unknown, /text, autoconfig, .*thunderbird, outlook, /)
  assert.match(await house.refused(5, 'client-config', 'no@example.test'), /no account/)
})

test('app-password create --qr shows a link that makes the password when it is used', async () => {
  const args = ['app-password', 'create', ada, '--name', 'Phone', '--qr']
  const { code, stdout, stderr } = await house.run(...args)
  assert.equal(code, 0, stderr)
  const url = /https:\/\/mail\.example\.test:2443\/profile\/(\S+)/.exec(stdout)
  assert.ok(url !== null)
  assert.ok((stdout.match(/[█▀▄]/g) ?? []).length > 100, 'a code to scan')
  assert.deepEqual(await house.store.appPasswords.list(ada), [])
  const found = await house.store.profileLinks.find(url[1] ?? '')
  assert.equal(found?.name, 'Phone')
  const quiet = await house.ok(...args, '-q')
  assert.match(quiet, /^https:\/\/mail\.example\.test:2443\/profile\/[a-z2-7-]+\n$/)
  const made = await house.json(...args)
  assert.match(String(made['url']), /^https:/)
  assert.match(String(made['expires']), /Z$/)
})

test('app-password create --mobileconfig writes a signed profile for its owner alone', async () => {
  const file = await house.file('taken', '')
  const target = path.join(path.dirname(file), 'phone.mobileconfig')
  const args = ['app-password', 'create', ada, '--name', 'Phone', '--mobileconfig']
  await house.refused(6, ...args, file)
  assert.deepEqual(await house.store.appPasswords.list(ada), [], 'nothing was made for nothing')
  const dry = await house.run(...args, target, '--dry-run')
  assert.match(dry.stderr, /^Would make/)
  await assert.rejects(stat(target))
  await house.ok(...args, target)
  assert.equal((await stat(target)).mode & 0o777, 0o600)
  const ca = path.join(path.dirname(file), 'ca.pem')
  const verify = ['cms', '-verify', '-inform', 'DER', '-in', target, '-CAfile', ca]
  const profile = execFileSync('openssl', [...verify, '-purpose', 'any', '-binary'], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  const password = /IncomingPassword<\/key><string>([^<]+)/.exec(profile)?.[1] ?? ''
  const context = { protocol: 'imap', address: '192.0.2.1' } as const
  assert.ok((await house.store.accounts.authenticate(ada, new Secret(password), context)).ok)
  assert.ok(!(await readFile(target)).equals(Buffer.from(profile)), 'it is signed')
  assert.match(await house.refused(2, ...args, target, '--qr'), /not both/)
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig, Secret } from '@posthouse/config'
import { appleProfile } from './apple-profile.ts'
import { offerFor } from './offer.ts'
import { signProfile } from './sign-profile.ts'

const offer = offerFor(loadConfig({ env: { POSTHOUSE_HOSTNAME: 'mail.example.org' } }), 'x.test')
const owner = { address: 'ada<&>@x.test', accountId: '0190-1', password: new Secret('a<b&c') }

/** As Python's plistlib reads it, which takes no half-right file. */
function readPlist(text: string): unknown {
  const script =
    'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'
  return JSON.parse(execFileSync('python3', ['-c', script], { input: text, encoding: 'utf8' }))
}

function uuidOf(profile: string | undefined): string {
  return /<key>PayloadUUID<\/key><string>([^<]+)/.exec(profile ?? '')?.[1] ?? ''
}

test('a profile says what Apple Mail asks for', () => {
  const profile = appleProfile(offer, owner)
  assert.ok(profile !== undefined)
  const plist = readPlist(profile) as { PayloadContent: readonly Record<string, unknown>[] }
  const [mail = {}] = plist.PayloadContent
  const { PayloadUUID: uuid, PayloadIdentifier: identifier, ...rest } = mail
  assert.match(
    String(uuid),
    /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/,
  )
  assert.equal(identifier, `posthouse.${String(uuid).toLowerCase()}`)
  assert.deepEqual(rest, {
    PayloadType: 'com.apple.mail.managed',
    PayloadVersion: 1,
    PayloadDisplayName: 'Mail for ada<&>@x.test',
    EmailAccountDescription: 'ada<&>@x.test',
    EmailAccountName: 'ada<&>@x.test',
    EmailAddress: 'ada<&>@x.test',
    EmailAccountType: 'EmailTypeIMAP',
    IncomingMailServerAuthentication: 'EmailAuthPassword',
    IncomingMailServerHostName: 'mail.example.org',
    IncomingMailServerPortNumber: 2993,
    IncomingMailServerUseSSL: true,
    IncomingMailServerUsername: 'ada<&>@x.test',
    OutgoingMailServerAuthentication: 'EmailAuthPassword',
    OutgoingMailServerHostName: 'mail.example.org',
    OutgoingMailServerPortNumber: 2465,
    OutgoingMailServerUseSSL: true,
    OutgoingMailServerUsername: 'ada<&>@x.test',
    IncomingPassword: 'a<b&c',
    OutgoingPasswordSameAsIncomingPassword: true,
  })
})

test('a second profile of an account takes the place of the first, and of no other account', () => {
  const first = uuidOf(appleProfile(offer, owner))
  const renamed = { ...owner, address: 'countess@x.test', password: new Secret('other') }
  assert.equal(uuidOf(appleProfile(offer, renamed)), first)
  assert.notEqual(uuidOf(appleProfile(offer, { ...owner, accountId: '0190-2' })), first)
})

test('OpenSSL verifies the signature, of an RSA key and of one on a curve', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'))
  t.after(() => rm(folder, { recursive: true }))
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  for (const kind of ['rsa:2048', 'ec:P-256', 'ec:P-384']) {
    const [name = '', of = ''] = kind.split(':')
    const algorithm =
      name === 'ec'
        ? ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${of}`]
        : ['-algorithm', 'RSA']
    openssl('genpkey', ...algorithm, '-out', 'key.pem')
    openssl('req', '-x509', '-key', 'key.pem', '-subj', '/CN=mail.example.org', '-out', 'cert.pem')
    const [cert, key] = ['cert.pem', 'key.pem'].map((file) =>
      execFileSync('cat', [file], { cwd: folder, encoding: 'utf8' }),
    )
    const profile = appleProfile(offer, owner) ?? ''
    await writeFile(
      join(folder, 'signed'),
      await signProfile(profile, { cert: cert ?? '', key: key ?? '' }),
    )
    const trust = ['-CAfile', 'cert.pem', '-purpose', 'any', '-binary']
    assert.equal(
      openssl('cms', '-verify', '-inform', 'DER', '-in', 'signed', ...trust),
      profile,
      kind,
    )
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const cert = execFileSync('cat', ['cert.pem'], { cwd: folder, encoding: 'utf8' })
  await assert.rejects(signProfile('', { cert, key }), /ed25519/)
  await assert.rejects(signProfile('', { cert: '', key }), /no certificate/)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { certificateRequest } from './certificate-request.ts'
import { challengeCertificate } from './challenge-certificate.ts'

const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl'

/** What it says on either stream. */
function openssl(args: readonly string[], input: string | Uint8Array): string {
  const { stdout, stderr } = spawnSync('openssl', args, { input, encoding: 'utf8' })
  return stdout + stderr
}

test(
  'a request is whole and signed, as OpenSSL reads it, with either kind of key',
  { skip },
  () => {
    const keys = [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ]
    const args = ['req', '-inform', 'DER', '-verify', '-noout', '-text']
    for (const { privateKey } of keys) {
      const request = certificateRequest(privateKey, ['mail.a.test', 'imap.a.test'])
      const text = openssl(args, request)
      assert.match(text, /DNS:mail\.a\.test, DNS:imap\.a\.test/)
      assert.match(text, /verify OK/)
      // A name is another one, and the signature stays.
      const at = request.indexOf('imap.a.test')
      request.write('imap.b.test', at)
      assert.doesNotMatch(openssl(args, request), /verify OK/)
    }
  },
)

test('a challenge’s certificate names one name and holds its digest, critical', { skip }, () => {
  const digest = Buffer.alloc(32, 0xab)
  const { cert } = challengeCertificate('imap.a.test', digest)
  assert.equal(new X509Certificate(cert).subjectAltName, 'DNS:imap.a.test')
  const text = openssl(['x509', '-noout', '-text'], cert)
  assert.match(text, /1\.3\.6\.1\.5\.5\.7\.1\.31: critical/)
  assert.ok(Buffer.from(cert.replaceAll(/-----.*-----|\s/g, ''), 'base64').includes(digest))
})

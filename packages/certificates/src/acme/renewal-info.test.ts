import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { testAuthority } from '@posthouse/testkit'
import { directory, json, withAuthority, type Answer } from './authority.fixture.ts'
import { renewalIdentifier, renewalWindow } from './renewal-info.ts'

test('a certificate is named by its issuer’s key and its serial number', () => {
  const { leaf } = testAuthority()
  const certificate = new X509Certificate(leaf.cert)
  const [key = '', serial = ''] = (renewalIdentifier(certificate) ?? '').split('.')
  assert.equal(
    Buffer.from(serial, 'base64url').toString('hex').toUpperCase(),
    certificate.serialNumber,
  )
  // The issuer's own subjectKeyIdentifier, after its OID (RFC 5280 §4.2.1.2).
  const issuer = new X509Certificate(testAuthority().ca).raw
  const at = issuer.indexOf(Buffer.from('0603551d0e', 'hex')) + 9
  assert.equal(
    Buffer.from(key, 'base64url').toString('hex'),
    issuer.subarray(at, at + 20).toString('hex'),
  )
})

test('one without its issuer’s key is not named', () => {
  const now = Date.now()
  const validity = { notBefore: new Date(now), notAfter: new Date(now + 1e7) }
  const authority = createAuthority('Nobody', validity)
  assert.equal(renewalIdentifier(new X509Certificate(authority.cert)), undefined)
  assert.ok(
    renewalIdentifier(new X509Certificate(issueCertificate(authority, ['a.test'], validity).cert)),
  )
})

const offered: Answer = (_, response, base) => {
  json(response, 200, { newNonce: `${base}/nonce`, renewalInfo: `${base}/renewal` })
}

test('a window is read where the authority names one, and nothing is made of what is none', async () => {
  const certificate = new X509Certificate(testAuthority().leaf.cert)
  const path = `/renewal/${renewalIdentifier(certificate)}`
  const window = { start: '2026-12-01T00:00:00Z', end: '2026-12-03T00:00:00Z' }
  const windowBy = async (answer: unknown, isOffered = true) => {
    let found: Awaited<ReturnType<typeof renewalWindow>>
    const answers = {
      '/directory': isOffered ? offered : directory,
      [path]: ((_, response) => json(response, 200, answer)) satisfies Answer,
    }
    await withAuthority(answers, async (client) => {
      found = await renewalWindow(client, certificate)
    })
    return found
  }
  assert.deepEqual(await windowBy({ suggestedWindow: window }), {
    start: new Date(window.start),
    end: new Date(window.end),
  })
  assert.equal(await windowBy({ suggestedWindow: window }, false), undefined)
  const none = [
    {},
    [],
    { suggestedWindow: {} },
    { suggestedWindow: { start: window.end, end: window.start } },
  ]
  for (const answer of none) assert.equal(await windowBy(answer), undefined)
})

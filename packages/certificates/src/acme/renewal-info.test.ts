import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { testAuthority } from '@posthouse/testkit'
import { renewalIdentifier } from './renewal-info.ts'

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

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import { webPkiFailure } from './session-verdict.ts'

const names = ['mx.example.test', '*.wild.test', '192.0.2.7', '2001:db8::7']
const leaf = new X509Certificate(testAuthority().issue(names).cert)
const failureAt = (host: string) =>
  webPkiFailure(host, { distrust: undefined, chain: () => [leaf] })

test('a certificate is for the names and the addresses that its subjectAltName has', () => {
  for (const host of ['mx.example.test', 'a.wild.test', '192.0.2.7', '2001:db8::7']) {
    assert.equal(failureAt(host), undefined, host)
  }
  for (const host of ['example.test', 'a.b.wild.test', 'wild.test', '192.0.2.8', '2001:db8::8']) {
    assert.equal(failureAt(host)?.type, 'certificate-host-mismatch', host)
  }
})

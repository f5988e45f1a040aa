import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { certificateExpiry } from './metrics.ts'
import { createTlsSource } from './tls-source.ts'

const day = 86_400_000
const validity = (days: number) => ({
  notBefore: new Date(Date.now() - day),
  notAfter: new Date(Date.now() + days * day),
})
const authority = createAuthority('Test authority', validity(90))
const leafOf = (days: number, ...names: readonly string[]) =>
  issueCertificate(authority, names, validity(days))

function daysLeft(): Readonly<Record<string, number>> {
  const left = certificateExpiry.snapshot().series.map(({ values, numbers }) => {
    const days = ((numbers[0] ?? 0) * 1000 - Date.now()) / day
    return [values[0] ?? '', Math.round(days)] as const
  })
  return Object.fromEntries(left)
}

test('each certificate that is served tells when it is over, and those that are not do not', () => {
  const tls = createTlsSource(leafOf(30, 'made.here.test'), 'mail.example.test')
  assert.deepEqual(daysLeft(), { 'made.here.test': 30 })
  const second = leafOf(5, 'imap.second.test', 'smtp.second.test')
  tls.serve([leafOf(20, 'mail.example.test'), second])
  assert.deepEqual(daysLeft(), { 'mail.example.test': 20, 'imap.second.test': 5 })
  tls.serve([leafOf(60, 'mail.example.test'), second])
  assert.deepEqual(daysLeft(), { 'mail.example.test': 60, 'imap.second.test': 5 })
})

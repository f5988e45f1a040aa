import assert from 'node:assert/strict'
import { createHash, type X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { TlsaRecord } from '@posthouse/dns'
import { readCertificate } from './certificate-fields.ts'
import { certificate, chainOf, goodDay, type TestCertificate } from './dane-match.fixture.ts'
import { daneFailure, usableRecords } from './dane-match.ts'

function record(
  usage: number,
  selector: number,
  matchingType: number,
  of: TestCertificate,
): TlsaRecord {
  const octets = selector === 0 ? certificate(of).raw : spkiOf(certificate(of))
  const hash = ['', 'sha256', 'sha512'][matchingType] ?? ''
  const data = hash === '' ? octets : createHash(hash).update(octets).digest()
  return { usage, selector, matchingType, data }
}

function spkiOf({ publicKey }: X509Certificate): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

const names = ['mx.ta.test', 'ta.test']
const fails = (
  records: readonly TlsaRecord[],
  chain: readonly X509Certificate[],
  at = goodDay,
  forNames: readonly string[] = names,
): string | undefined => daneFailure(usableRecords(records), chain, forNames, at)?.type

test('each selector and matching type finds its certificate, and no other', () => {
  for (const selector of [0, 1]) {
    for (const matchingType of [0, 1, 2]) {
      const right = record(3, selector, matchingType, 'leaf')
      assert.equal(fails([right], chainOf('leaf')), undefined, `3 ${selector} ${matchingType}`)
      const wrong = record(3, selector, matchingType, 'client')
      assert.equal(fails([wrong], chainOf('leaf')), 'certificate-not-trusted')
      assert.equal(fails([wrong, right], chainOf('leaf')), undefined)
      const authority = record(2, selector, matchingType, 'mid')
      assert.equal(fails([authority], chainOf('leaf', 'mid')), undefined, `2 ${selector}`)
      const root = record(2, selector, matchingType, 'root')
      assert.equal(fails([root], chainOf('leaf', 'mid', 'root')), undefined)
      assert.equal(
        fails([record(2, selector, matchingType, 'deepmid')], chainOf('leaf', 'mid')),
        'certificate-not-trusted',
      )
    }
  }
})

test('DANE-EE asks for neither name nor time; DANE-TA for both', () => {
  const past = new Date('2020-01-01T00:00:00Z')
  assert.equal(fails([record(3, 1, 1, 'leaf')], chainOf('leaf'), past, ['else.test']), undefined)
  const authority = [record(2, 0, 1, 'mid')]
  assert.equal(fails(authority, chainOf('leaf', 'mid'), past), 'certificate-expired')
  const late = new Date('2200-01-01T00:00:00Z')
  assert.equal(fails(authority, chainOf('leaf', 'mid'), late), 'certificate-expired')
  const nameFails = (...forNames: readonly string[]) =>
    fails(authority, chainOf('leaf', 'mid'), goodDay, forNames)
  assert.equal(nameFails('else.test'), 'certificate-host-mismatch')
  assert.equal(nameFails('else.test', 'mx.ta.test'), undefined)
  assert.equal(nameFails('a.wild.test'), undefined)
  assert.equal(nameFails('a.b.wild.test'), 'certificate-host-mismatch')
  assert.equal(nameFails('wild.test'), 'certificate-host-mismatch')
})

test('a DANE-TA record matches no leaf, a DANE-EE record no authority', () => {
  assert.equal(fails([record(2, 0, 1, 'leaf')], chainOf('leaf', 'mid')), 'certificate-not-trusted')
  assert.equal(fails([record(3, 0, 1, 'mid')], chainOf('leaf', 'mid')), 'certificate-not-trusted')
})

test('a chain leads over authorities that may sign, as deep as they may, and over what we understand', () => {
  const root = [record(2, 0, 1, 'root')]
  assert.equal(fails(root, chainOf('leaf', 'mid', 'root')), undefined)
  for (const chain of [
    chainOf('undernotca', 'notca', 'root'),
    chainOf('deepleaf', 'deepmid', 'mid', 'root'),
    chainOf('underconstrained', 'constrained', 'root'),
    chainOf('client', 'mid', 'root'),
    chainOf('odd', 'mid', 'root'),
    chainOf('leaf', 'root'),
    chainOf('leaf', 'deepmid', 'mid', 'root'),
  ]) {
    assert.equal(fails(root, chain), 'certificate-not-trusted')
  }
})

test('an anchor that is in the record need not be sent', () => {
  for (const selector of [0, 1]) {
    assert.equal(fails([record(2, selector, 0, 'mid')], chainOf('leaf')), undefined)
    assert.equal(fails([record(2, selector, 0, 'root')], chainOf('leaf', 'mid')), undefined)
    assert.equal(
      fails([record(2, selector, 0, 'root')], chainOf('leaf')),
      'certificate-not-trusted',
    )
  }
})

test('what is not for mail servers, or is no digest, is unusable', () => {
  const right = record(3, 1, 1, 'leaf')
  for (const change of [
    { usage: 0 },
    { usage: 1 },
    { usage: 4 },
    { selector: 2 },
    { matchingType: 3 },
    { data: right.data.subarray(1) },
    { data: Buffer.alloc(0) },
    { matchingType: 0 },
    { matchingType: 0, selector: 0 },
  ]) {
    assert.deepEqual(usableRecords([{ ...right, ...change }]), [])
  }
  assert.deepEqual(usableRecords([right]), [right])
})

test('of two digests of one thing the stronger counts alone', () => {
  const weak = record(3, 1, 1, 'leaf')
  assert.equal(fails([weak, record(3, 1, 2, 'client')], chainOf('leaf')), 'certificate-not-trusted')
  assert.equal(fails([weak, record(3, 0, 2, 'client')], chainOf('leaf')), undefined)
  assert.equal(fails([weak, record(3, 1, 0, 'client')], chainOf('leaf')), undefined)
})

test('no certificate at all is a failure', () => {
  assert.equal(fails([record(3, 1, 1, 'leaf')], []), 'validation-failure')
})

test('certificates that were cut or changed anywhere are read without throwing, and never match', () => {
  const { raw } = certificate('leaf')
  const right = readCertificate(raw)
  assert.deepEqual(right?.spki, spkiOf(certificate('leaf')))
  for (let at = 0; at < raw.length; at += 1) {
    assert.equal(readCertificate(raw.subarray(0, at)), undefined)
    const changed = Buffer.from(raw)
    changed[at] = (changed[at] ?? 0) ^ 0xff
    readCertificate(changed)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import type { Certificate } from '@posthouse/store'
import { prepareNextKey } from './next-key.ts'

const hostname = 'mail.a.test'
const next = 'ab'.repeat(32)
const record = (hex: string, kind = '3 1 1') => `_25._tcp.${hostname} 600 TLSA ${kind} ${hex}\n`

const present: Certificate = {
  name: hostname,
  source: 'acme',
  names: [hostname],
  chain: 'PEM',
  pin: Buffer.alloc(32, 1),
  nextPin: Buffer.from(next, 'hex'),
  nextReadyAt: undefined,
  notBefore: undefined,
  notAfter: undefined,
  issuedAt: undefined,
  renewAt: undefined,
  leftSeconds: 1,
  renewInSeconds: 1,
  restSeconds: 0,
  nextReadyInSeconds: undefined,
  order: undefined,
  failures: 0,
  problem: undefined,
}

/** What is noted of the next key: the TTL, `undefined` for not seen, `made` for a new one, or nothing. */
async function noted(zone: string, certificate: Partial<Certificate> = {}): Promise<unknown[]> {
  const notes: unknown[] = []
  const certificates = {
    keepNext: (): Promise<void> => Promise.resolve(void notes.push('made')),
    noteNext: (_: string, ttl: number | undefined): Promise<void> =>
      Promise.resolve(void notes.push(ttl)),
  }
  const resolver = zoneResolver(new Zone(zone))
  const context = { acme: { keyType: 'ecdsa' } as const, hostname, certificates, resolver }
  await prepareNextKey(context, { ...present, ...certificate })
  return notes
}

test('the next key is made once there is a certificate, and not before', async () => {
  assert.deepEqual(await noted('', { nextPin: undefined }), ['made'])
  assert.deepEqual(await noted('', { nextPin: undefined, chain: undefined }), [])
})

test('it waits for its record where there are records, and needs none where there are not', async () => {
  assert.deepEqual(await noted(''), [0])
  assert.deepEqual(await noted(record('01'.repeat(32))), [undefined])
  // A cache may tell the last of a TTL: an hour at least.
  assert.deepEqual(await noted(record('01'.repeat(32)) + record(next)), [3600])
  const long = `_25._tcp.${hostname} 7200 TLSA 3 1 1 ${next}\n`
  assert.deepEqual(await noted(long), [7200])
  // The same octets mean something else in a record of another kind.
  assert.deepEqual(await noted(record(next, '2 1 1')), [undefined])
  assert.deepEqual(await noted(record(next, '3 0 1')), [undefined])
})

test('while DNS does not answer, what is known of it stays', async () => {
  assert.deepEqual(await noted(`_25._tcp.${hostname} FAIL`), [])
})

test('certificates of other names wait for nobody: mail comes by the host name', async () => {
  assert.deepEqual(await noted(record('01'.repeat(32)), { name: 'a.test' }), [0])
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import {
  authenticationResultsField,
  createAuthenticator,
  readResults,
  receivedSpfField,
  withoutForgedResults,
} from '@posthouse/mail-auth'

const ours = 'mx.example.test'

interface ForgedCase {
  readonly name: string
  readonly forged: boolean
  readonly field: string
}

for (const { name, forged, field } of readCases<ForgedCase>('forged.json')) {
  test(`${forged ? 'taken out' : 'left alone'}: ${name}`, () => {
    const before = 'Received: from x\r\n\tby y\r\nsubject: =?x\r\n'
    const after = 'From: a@b.test\r\n\r\nAuthentication-Results: mx.example.test; body\r\n'
    const octets = Buffer.from(`${before}${field}\r\n${after}`, 'utf8')
    const left = withoutForgedResults(octets, ours)
    if (forged) assert.equal(left.toString('utf8'), before + after)
    else assert.equal(left, octets)
  })
}

test('several forged fields go, first and last, and what stands between them stays', () => {
  const forged = `Authentication-Results: ${ours}; dkim=pass\r\n`
  const other = 'Authentication-Results: other.test; dkim=pass\r\n'
  const octets = Buffer.from(`${forged}${other}X: y\r\n${forged}\r\n${forged}`)
  assert.equal(withoutForgedResults(octets, ours).toString(), `${other}X: y\r\n\r\n${forged}`)
  const headerOnly = Buffer.from(forged.trimEnd())
  assert.equal(withoutForgedResults(headerOnly, ours).toString(), '')
})

test('a first line that begins with blanks is a field for some', () => {
  const octets = Buffer.from(` Authentication-Results: ${ours}; dkim=pass\r\nX: y\r\n\r\n`)
  assert.equal(withoutForgedResults(octets, ours).toString(), 'X: y\r\n\r\n')
})

test('beyond a thousand such fields none is read, and all go', () => {
  const other = 'Authentication-Results: other.test; dkim=pass\r\n'
  const rest = 'From: a@b.test\r\n\r\nbody'
  const left = withoutForgedResults(Buffer.from(other.repeat(1500) + rest), ours)
  assert.equal(left.toString(), other.repeat(1000) + rest)
})

test('our name may be a domain beyond ASCII', () => {
  const octets = Buffer.from('Authentication-Results: MX.BÜCHER.test; dkim=pass\r\n\r\n')
  assert.equal(withoutForgedResults(octets, 'mx.xn--bcher-kva.test').toString(), '\r\n')
})

interface ReadingCase {
  readonly name: string
  readonly text: string
  readonly id: string | null
  readonly results: readonly (readonly [string, string, Readonly<Record<string, string>>])[]
}

for (const { name, text, id, results } of readCases<ReadingCase>('reading.json')) {
  test(`read: ${name}`, () => {
    const payload = readResults(text)
    assert.equal(payload?.authservId ?? null, id)
    const found = payload?.results.map((each) => [each.method, each.result, [...each.properties]])
    const expected = results.map(([method, result, properties]) => [
      method,
      result,
      Object.entries(properties),
    ])
    assert.deepEqual(found ?? [], expected)
  })
}

interface WritingCase {
  readonly name: string
  readonly zone: readonly string[]
  readonly message: string
  readonly mailFrom: string
  readonly helo: string
  readonly address: string
  readonly field: string
  readonly received?: string
}

for (const each of readCases<WritingCase>('writing.json')) {
  test(`written: ${each.name}`, async () => {
    const { mailFrom, helo, address } = each
    const resolver = zoneResolver(new Zone(each.zone.join('\n')))
    const input = { mailFrom, helo, address, at: new Date('2026-01-01T00:00:00Z') }
    const verdict = await createAuthenticator({ resolver }).check(Buffer.from(each.message), input)
    assert.equal(
      JSON.stringify(authenticationResultsField(verdict, ours)),
      JSON.stringify(each.field),
    )
    if (each.received !== undefined)
      assert.equal(JSON.stringify(receivedSpfField(verdict, ours)), JSON.stringify(each.received))
  })
}

function readCases<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, name), 'utf8')) as readonly T[]
}

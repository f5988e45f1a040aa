import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator } from '@posthouse/mail-auth'

interface SuiteCase {
  readonly name: string
  readonly spec: string | readonly string[]
  readonly helo: string
  readonly host: string
  readonly mailfrom: string
  readonly result: string | readonly string[]
  readonly explanation?: string
}

type SuiteValue = string | readonly (string | number)[]
type SuiteRecord = 'TIMEOUT' | Readonly<Record<string, SuiteValue>>

interface SuiteSection {
  readonly description: string
  readonly tests: readonly SuiteCase[]
  readonly zonedata: Readonly<Record<string, readonly SuiteRecord[]>>
}

const file = path.join(import.meta.dirname, 'rfc7208-tests.json')
const sections = JSON.parse(readFileSync(file, 'utf8')) as readonly SuiteSection[]
const message = Buffer.from('From: a@example.test\r\n\r\n')

for (const section of sections) {
  const resolver = zoneResolver(zoneOf(section))
  const authenticator = createAuthenticator({ resolver, hostname: 'receiver.example.org' })
  for (const each of section.tests) {
    test(`${section.description}: ${each.name} (RFC 7208 ${String(each.spec)})`, async () => {
      const input = {
        address: each.host,
        helo: each.helo,
        mailFrom: each.mailfrom,
        at: new Date('2026-01-01T00:00:00Z'),
      }
      const { mailFrom } = (await authenticator.check(message, input)).spf
      const allowed = [each.result].flat()
      assert.ok(allowed.includes(mailFrom.result), `${mailFrom.result}: ${mailFrom.because}`)
      if (each.explanation === undefined) return
      assert.equal(mailFrom.explanation ?? 'DEFAULT', each.explanation)
    })
  }
}

test('the whole suite was run', () => {
  assert.equal(sections.flatMap(({ tests }) => tests).length, 203)
})

function zoneOf({ zonedata }: SuiteSection): Zone {
  const zone = new Zone('')
  for (const [name, records] of Object.entries(zonedata)) {
    const listed = records.filter((record) => record !== 'TIMEOUT').flatMap(Object.entries)
    const hasText = listed.some(([type]) => type === 'TXT')
    const texts = listed.filter(
      ([type, value]) => type === (hasText ? 'TXT' : 'SPF') && value !== 'NONE',
    )
    for (const [, value] of texts) zone.add({ name, type: 'TXT', value: [value].flat().join('') })
    for (const [type, value] of listed) addOther(zone, name, type, value)
    // What is not listed is not answered: only TXT is asked at these names.
    if (records.includes('TIMEOUT') && texts.length === 0)
      zone.add({ name, type: 'TIMEOUT', value: '' })
  }
  return zone
}

function addOther(zone: Zone, name: string, type: string, value: SuiteValue): void {
  if (type !== 'A' && type !== 'AAAA' && type !== 'MX' && type !== 'PTR' && type !== 'CNAME') return
  const [first, second] = [value].flat()
  const written = type === 'MX' ? `${first} ${second === '' ? '.' : second}` : String(first)
  zone.add({ name, type, value: written })
}

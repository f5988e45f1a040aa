import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator } from '@posthouse/mail-auth'

interface VectorCase {
  readonly name: string
  readonly file: string
  /** Key records by name; `FAIL`: DNS does not answer. */
  readonly dns: Readonly<Record<string, readonly string[] | 'FAIL'>>
  readonly expected: readonly {
    readonly domain: string
    readonly selector: string
    readonly result: string
  }[]
  /** What the set expects where it is not that, and why not. */
  readonly suite?: string
  readonly why?: string
}

const folder = import.meta.dirname
const cases = JSON.parse(
  readFileSync(path.join(folder, 'cases.json'), 'utf8'),
) as readonly VectorCase[]

for (const each of cases) {
  const title =
    each.why === undefined ? each.name : `${each.name}: not ${each.suite}, since ${each.why}`
  test(title, async () => {
    const { dkim } = await createAuthenticator({ resolver: zoneResolver(zoneOf(each)) }).check(
      messageOf(each),
      {
        address: '192.0.2.1',
        helo: 'client.test',
        mailFrom: '',
        at: new Date('2026-01-01T00:00:00Z'),
      },
    )
    const found = dkim.map(({ domain, selector, result }) => ({ domain, selector, result }))
    assert.deepEqual(found, each.expected, JSON.stringify(dkim, undefined, 1))
  })
}

test('one octet more or less in a signed message is noticed', async () => {
  const signed = cases.find(({ name }) => name === 'golden 01-rfc8463')
  assert.ok(signed !== undefined)
  const octets = messageOf(signed)
  const authenticator = createAuthenticator({ resolver: zoneResolver(zoneOf(signed)) })
  const input = {
    address: '192.0.2.1',
    helo: 'client.test',
    mailFrom: '',
    at: new Date('2026-01-01T00:00:00Z'),
  }
  // What is signed: all fields but the signatures' own b=, and the body.
  for (const word of [
    'Joe SixPack',
    'Is dinner ready?',
    '<20030712040037',
    'We lost the game',
    'Suzie Q',
  ]) {
    const at = octets.indexOf(word)
    assert.ok(at > 0, word)
    const changed = Buffer.from(octets)
    changed.writeUInt8((octets[at] ?? 0) ^ 1, at)
    const { dkim } = await authenticator.check(changed, input)
    assert.deepEqual(
      dkim.map(({ result }) => result),
      ['fail', 'fail'],
      word,
    )
  }
})

function zoneOf({ dns }: VectorCase): Zone {
  const zone = new Zone('')
  for (const [name, values] of Object.entries(dns)) {
    if (values === 'FAIL') zone.add({ name, type: 'FAIL', value: '' })
    else for (const value of values) zone.add({ name, type: 'TXT', value })
  }
  return zone
}

function messageOf({ file }: VectorCase): Buffer {
  const text = readFileSync(path.join(folder, file), 'latin1')
  return Buffer.from(text.replace(/\r?\n/g, '\r\n'), 'latin1')
}

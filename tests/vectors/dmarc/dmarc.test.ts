import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator, type DmarcVerdict } from '@posthouse/mail-auth'
import { makeKey, signMail } from '../../../packages/mail-auth/src/signed-mail.fixture.ts'

interface VectorCase {
  readonly name: string
  /** Of RFC 9989, where no other is named. */
  readonly rfc: string
  readonly zone: readonly string[]
  /** Values of From fields. */
  readonly from: readonly string[]
  readonly mailFrom?: string
  readonly helo?: string
  readonly signedBy?: readonly string[]
  /** Tags of the signers' key records. */
  readonly keyTags?: string
  readonly expected: Partial<DmarcVerdict>
  /** The names asked for policies, in their order. */
  readonly questions?: readonly string[]
}

const file = path.join(import.meta.dirname, 'cases.json')
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly VectorCase[]

for (const each of cases) {
  test(`${each.name} (${each.rfc})`, async () => {
    const { zone, octets } = await prepare(each)
    const { dmarc, evidence } = await createAuthenticator({ resolver: zoneResolver(zone) }).check(
      octets,
      {
        address: '192.0.2.1',
        helo: each.helo ?? 'client.test',
        mailFrom: each.mailFrom ?? '',
        at: new Date(),
      },
    )
    for (const [name, value] of Object.entries(each.expected))
      assert.deepEqual(
        new Map(Object.entries(dmarc)).get(name),
        value,
        `${name}: ${JSON.stringify(dmarc)}`,
      )
    const asked = evidence.map(({ name }) => name).filter((name) => name.startsWith('_dmarc.'))
    if (each.questions !== undefined) assert.deepEqual(asked, each.questions)
  })
}

async function prepare({ zone: lines, from, signedBy = [], keyTags = '' }: VectorCase) {
  const zone = new Zone(lines.join('\n'))
  const key = makeKey('ed25519', keyTags)
  const fields = [...from.map((value) => `From: ${value}`), 'Subject: a case']
  let octets: Buffer = Buffer.from(`${fields.join('\r\n')}\r\n\r\nHello\r\n`)
  for (const domain of signedBy) {
    octets = await signMail(octets, domain, key)
    zone.add({ name: `test._domainkey.${domain}`, type: 'TXT', value: key.record })
  }
  return { zone, octets }
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator } from '@posthouse/mail-auth'

interface SuiteCase {
  readonly spec: string
  readonly description: string
  readonly message: string
  /** `Pass`, `Fail`, `None`; empty where the suite leaves it open. */
  readonly cv: string
}

interface SuiteSection {
  readonly description: string
  readonly tests: Readonly<Record<string, SuiteCase>>
  readonly 'txt-records': Readonly<Record<string, string>>
}

/** Where the outcome is not the suite's, or the suite leaves it open: what it is here, and why. */
const divergences: Readonly<Record<string, { readonly result: string; readonly because: string }>> =
  {
    cv_fail_i1_as_cv_fail: {
      result: 'fail',
      because: 'the newest seal says so (RFC 8617 §5.2 step 2)',
    },
    cv_fail_i2_as2_fail: {
      result: 'fail',
      because: 'the newest seal says so (RFC 8617 §5.2 step 2)',
    },
    ams_fields_c_na: {
      result: 'fail',
      because:
        'without c= it is simple/simple (RFC 6376 §3.5); the suite follows drafts that meant relaxed/relaxed',
    },
  }

const file = path.join(import.meta.dirname, 'arc-draft-validation-tests.json')
const sections = JSON.parse(readFileSync(file, 'utf8')) as readonly SuiteSection[]

for (const section of sections) {
  const zone = new Zone('')
  for (const [name, value] of Object.entries(section['txt-records']))
    zone.add({ name, type: 'TXT', value })
  const authenticator = createAuthenticator({ resolver: zoneResolver(zone) })
  for (const [name, each] of Object.entries(section.tests)) {
    const divergence = divergences[name]
    const expected = divergence?.result ?? each.cv.toLowerCase()
    const why = divergence === undefined ? '' : `, since ${divergence.because}`
    test(`${section.description}: ${name} (${each.description}): ${expected}${why}`, async () => {
      const octets = Buffer.from(each.message.replace(/\r?\n/g, '\r\n'), 'latin1')
      const { arc } = await authenticator.check(octets, {
        address: '192.0.2.1',
        helo: 'client.test',
        mailFrom: '',
        at: new Date('2026-01-01T00:00:00Z'),
      })
      assert.equal(arc.result, expected, arc.because)
      assert.equal(arc.isTrusted, false)
    })
  }
}

test('the whole suite was run', () => {
  assert.equal(sections.flatMap(({ tests }) => Object.keys(tests)).length, 78)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BodyHasher } from '../dkim/canonical-body.ts'
import { relaxedDigest } from './body-digest.ts'
import { wireForm } from './wire-form.ts'

const isLong = process.env['POSTHOUSE_TEST_LONG'] === '1'

test('the body’s digest is the one that verifiers compute, wherever lines and slices end', async () => {
  const fragment = fc.constantFrom('\r\n', '\r\n', ' ', '\t', 'x', 'yz')
  const body = fc.array(fragment, { maxLength: 60 }).map((all) => Buffer.from(all.join('')))
  await fc.assert(
    fc.asyncProperty(body, async (octets) => {
      const { digest } = await new BodyHasher(octets).hash('relaxed', undefined)
      assert.equal(await relaxedDigest(octets), digest)
    }),
    { numRuns: isLong ? 100_000 : 500 },
  )
  const slice = 256 * 1024
  for (const filling of ['\r\n', ' \r\n', 'x  \r\n', 'x', '\t']) {
    for (const length of [slice - 2, slice - 1, slice, slice + 1, 3 * slice + 1]) {
      const octets = await wireForm(
        Buffer.from(`${filling.repeat(length).slice(0, length)}  end\r\n\r\n`),
      )
      const { digest } = await new BodyHasher(octets).hash('relaxed', undefined)
      assert.equal(await relaxedDigest(octets), digest, `${JSON.stringify(filling)} ${length}`)
    }
  }
})

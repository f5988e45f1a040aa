import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transferDecoder } from './transfer-decoder.ts'
import { decodeTransfer } from './transfer.ts'

const samples: readonly (readonly [string, string])[] = [
  ['base64', 'SGVsbG8sIHdvcmxk\r\nIQ==\r\n'],
  ['base64', 'SGVsbG8=\r\nV29ybGQ=\r\nIQ==SQ'],
  ['BASE64', 'S G!V\0s\r\n\r\nbG8==='],
  ['quoted-printable', 'Gr=C3=BC=\r\n=C3=9Fe  \r\n= =3D=\r\n=zz =4'],
  ['quoted-printable', 'no end of line '],
  ['8bit', 'as it is\r\n=20'],
  ['7bit', ''],
]

for (const [encoding, text] of samples) {
  test(`${encoding} ${JSON.stringify(text)} decodes the same wherever it is cut`, () => {
    const octets = Buffer.from(text, 'latin1')
    const whole = decodeTransfer(octets, encoding)
    for (let first = 0; first <= octets.length; first += 1) {
      for (let second = first; second <= octets.length; second += 1) {
        const decoder = transferDecoder(encoding)
        assert.ok(decoder)
        const parts = [
          decoder.push(octets.subarray(0, first)),
          decoder.push(octets.subarray(first, second)),
          decoder.push(octets.subarray(second)),
          decoder.end(),
        ]
        assert.deepEqual(Buffer.concat(parts), whole, `cut at ${first} and ${second}`)
      }
    }
  })
}

test('an encoding that nobody knows has no decoder', () => {
  assert.equal(transferDecoder('x-uuencode'), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeTransfer } from './transfer.ts'

function decoded(text: string, encoding: string): string {
  return decodeTransfer(Buffer.from(text, 'latin1'), encoding).toString('latin1')
}

test('quoted-printable: codes, soft breaks, white space at line ends', () => {
  assert.equal(decoded('a=3Db=C3=a9', 'Quoted-Printable'), 'a=b\xc3\xa9')
  assert.equal(decoded('one=\r\ntwo= \t\nthree=', 'quoted-printable'), 'onetwothree')
  assert.equal(decoded('a  \t\r\nb=20\r\n', 'quoted-printable'), 'a\r\nb \r\n')
  assert.equal(decoded('a=zz=4', 'quoted-printable'), 'a=zz=4')
})

test('base64: line ends, strange characters, padding in the middle', () => {
  assert.equal(decoded('aGVs\r\nbG8=\r\n', 'BASE64'), 'hello')
  assert.equal(decoded('aGk=aGk=', 'base64'), 'hihi')
  assert.equal(decoded('a*G!k=', 'base64'), 'hi')
})

test('other encodings are the octets themselves', () => {
  assert.equal(decoded('a=3D', '8bit'), 'a=3D')
  assert.equal(decoded('a=3D', 'x-unknown'), 'a=3D')
})

test('any octets come back from base64, and nothing makes quoted-printable longer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const octets = Buffer.from(bytes)
      const encoded = Buffer.from(octets.toString('base64').replace(/.{76}/g, '$&\r\n'))
      assert.deepEqual(decodeTransfer(encoded, 'base64'), octets)
      assert.ok(decodeTransfer(octets, 'quoted-printable').length <= octets.length)
    }),
  )
})

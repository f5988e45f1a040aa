import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import * as fc from 'fast-check'
import { dkimVerify } from 'mailauth'
import { createAuthenticator } from '../authenticator.ts'
import { makeKey, signMail } from '../signed-mail.fixture.ts'

const numRuns = process.env['POSTHOUSE_TEST_LONG'] === '1' ? 20_000 : 400
const key = makeKey('ed25519')
const zone = new Zone('')
zone.add({ name: 'test._domainkey.example.com', type: 'TXT', value: key.record })
const authenticator = createAuthenticator({ resolver: zoneResolver(zone) })
const message = [
  'Received: from x by y;\r\n\tMon, 1 Jun 2026 00:00:00 +0000',
  'From: Ada  <a@example.com>',
  'To: b@example.net,\r\n c@example.net',
  'Subject:  hello \t world ',
  'Content-Type: text/plain',
  '',
  'Hello  world \r\n\t\r\nand so on.\r\n\r\n',
].join('\r\n')

/** Octets that are put in, or taken out, somewhere. Line ends stay CRLF, as they do in SMTP. */
const change = fc.record({
  at: fc.nat(100_000),
  put: fc.constantFrom(
    '',
    ' ',
    '\t',
    'x',
    ':',
    ';',
    '=',
    '\r\n',
    '\r\n ',
    '\r\nX: y\r\n',
    '\u00a0',
  ),
  take: fc.boolean(),
})

/**
 * Where the two differ on purpose, no signature counts here. mailauth takes a header line that is no field for a part of the one
 * above it, a header that begins with a continuation for a header, and passes over what is no base64 in `b=`.
 */
function isRefusedHere(octets: Buffer): boolean {
  const [header = ''] = octets.toString('latin1').split(/\r\n\r\n|^\r\n/)
  const isField = /^(?:[\x21-\x39\x3b-\x7e]+[ \t]*:|[ \t])/
  const signature =
    /^DKIM-Signature:[^]*?\sb\s*=([^;]*?)(?:\r\n(?![ \t])|$)/.exec(header)?.[1] ?? ''
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(signature.replace(/[ \t\r\n]/g, ''))
  const isHeader =
    !/^[ \t]/.test(header) && header.split('\r\n').every((line) => isField.test(line))
  return !isBase64 || !isHeader
}

test('a verifier of another hand says the same of signed mail that was changed on its way', async () => {
  const canonicalization = fc.constantFrom(
    'simple/simple',
    'simple/relaxed',
    'relaxed/simple',
    'relaxed/relaxed',
  )
  let passes = 0
  await fc.assert(
    fc.asyncProperty(canonicalization, change, async (canonical, { at, put, take }) => {
      const signed = await signMail(Buffer.from(message), 'example.com', key, {
        canonicalization: canonical,
      })
      const octets = Buffer.from(changed(signed.toString('latin1'), at, put, take), 'latin1')
      const ours = await passesHere(octets)
      if (isRefusedHere(octets)) assert.equal(ours, false)
      else assert.equal(ours, await passesThere(octets), octets.toString('latin1'))
      if (ours) passes += 1
    }),
    { numRuns },
  )
  // Both kinds were seen: changes that break a signature, and changes that canonicalization forgives.
  assert.ok(passes > numRuns / 50 && passes < numRuns * 0.9, `${passes} of ${numRuns} passed`)
})

function changed(text: string, position: number, put: string, take: boolean): string {
  let at = position % text.length
  // Not between CR and LF, and neither of them is taken.
  if (text.charAt(at) === '\n') at += 1
  const isLineEnd = text.charAt(at) === '\r'
  return text.slice(0, at) + put + text.slice(take && !isLineEnd ? at + 1 : at)
}

async function passesHere(octets: Buffer): Promise<boolean> {
  const input = { address: '192.0.2.1', helo: 'client.test', mailFrom: '', at: new Date() }
  const { dkim } = await authenticator.check(octets, input)
  return dkim.some(({ result }) => result === 'pass')
}

async function passesThere(octets: Buffer): Promise<boolean> {
  const { results } = await dkimVerify(octets, { strict: true, resolver: askZone })
  return results.some(({ status }) => status.result === 'pass')
}

function askZone(name: string): Promise<string[][]> {
  const answer = zone.ask(name, 'TXT')
  if (answer.kind === 'records') return Promise.resolve(answer.values.map((value) => [value]))
  return Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }))
}

import assert from 'node:assert/strict'
import { createHmac, randomInt } from 'node:crypto'
import { describe, it } from 'node:test'
import { isSrs, readSrs, writeSrs, type SrsKeys } from './forward-srs.ts'
import { randomFrom } from './testing/random.ts'

const key = Buffer.from('tops3cr3t')
const keys: SrsKeys = { newest: key, all: [key] }
const day = 86_400_000
const today = new Date('2026-11-28T12:00:00Z')
const later = (days: number): Date => new Date(today.getTime() + days * day)

function stampOn(days: number): string {
  const text = writeSrs(keys, { local: 'a', domain: 'b.example' }, new Date(days * day))
  return text.split('=')[2] ?? ''
}

describe('a rewritten sender', () => {
  it('has the form of the first one that rewrites: hash, day, domain, local part', () => {
    const text = writeSrs(keys, { local: 'Ada.L', domain: 'Example.org' }, new Date(0))
    const mac = createHmac('sha1', key).update('aaexample.orgada.l').digest('base64')
    assert.equal(text, `SRS0=${mac.slice(0, 4)}=AA=Example.org=Ada.L`)
  })

  it('counts days in two digits of base32, which begin anew after 1,024', () => {
    assert.deepEqual([0, 1, 31, 32, 1023, 1024].map(stampOn), ['AA', 'AB', 'A7', 'BA', '77', 'AA'])
  })

  it('leads back to what it was, in whatever case it comes', () => {
    const text = writeSrs(keys, { local: 'ada', domain: 'example.org' }, today)
    const back = { local: 'ada', domain: 'example.org' }
    assert.deepEqual(readSrs(keys, text, today), back)
    assert.deepEqual(readSrs(keys, text.toLowerCase(), today), back)
    const upper = { local: 'ADA', domain: 'EXAMPLE.ORG' }
    assert.deepEqual(readSrs(keys, text.toUpperCase(), today), upper)
  })

  it('is good for 21 days, and for a clock that is a day ahead', () => {
    const text = writeSrs(keys, { local: 'ada', domain: 'example.org' }, today)
    assert.ok(readSrs(keys, text, later(21)))
    assert.ok(readSrs(keys, text, later(-1)))
    assert.equal(readSrs(keys, text, later(22)), 'expired')
    assert.equal(readSrs(keys, text, later(-2)), 'expired')
    assert.equal(readSrs(keys, text, later(500)), 'expired')
  })

  it('is known by older keys, and not by one that is forgotten', () => {
    const text = writeSrs(keys, { local: 'ada', domain: 'example.org' }, today)
    const newest = Buffer.from('another')
    assert.ok(readSrs({ newest, all: [newest, key] }, text, today))
    assert.equal(readSrs({ newest, all: [newest] }, text, today), undefined)
  })

  it('of one that was rewritten before keeps the first one’s word for word (SRS1)', () => {
    const first = 'SRS0=vK1y=XZ=first.example=ada'
    const second = writeSrs(keys, { local: first, domain: 'two.example' }, today)
    assert.match(second, /^SRS1=.{4}=two\.example==vK1y=XZ=first\.example=ada$/)
    assert.deepEqual(readSrs(keys, second, later(30)), { local: first, domain: 'two.example' })
    // The third one leaves the second one out: reports go straight to the first.
    const others: SrsKeys = { newest: Buffer.from('x'), all: [Buffer.from('x')] }
    const third = writeSrs(others, { local: second, domain: 'three.example' }, today)
    assert.match(third, /^SRS1=.{4}=two\.example==vK1y=XZ=first\.example=ada$/)
    assert.deepEqual(readSrs(others, third, today), { local: first, domain: 'two.example' })
  })

  it('keeps the separator that the first one chose', () => {
    const first = 'SRS0+vK1y=XZ=first.example=ada'
    const second = writeSrs(keys, { local: first, domain: 'two.example' }, today)
    assert.deepEqual(readSrs(keys, second, today), { local: first, domain: 'two.example' })
  })

  it('is told by its first five characters', () => {
    for (const text of ['SRS0=x', 'srs1=x', 'SRS0+x', 'Srs1-x']) assert.ok(isSrs(text), text)
    for (const text of ['srs', 'SRS0', 'SRS2=x', 'xSRS0=x', 'srs0x']) assert.ok(!isSrs(text), text)
  })

  it('that is forged, cut or not whole leads nowhere', () => {
    const text = writeSrs(keys, { local: 'ada', domain: 'example.org' }, today)
    const [, hash = '', stamp = ''] = text.split('=')
    for (const forged of [
      `SRS0=${hash}=${stamp}=example.org=eve`,
      `SRS0=${hash}=${stamp}=example.net=ada`,
      `SRS0=${hash.slice(1)}=${stamp}=example.org=ada`,
      `SRS0==${stamp}=example.org=ada`,
      `SRS0=${hash}=${stamp}=example.org=`,
      `SRS0=${hash}=${stamp}==ada`,
      `SRS0=${hash}=${stamp}`,
      'SRS0=',
      'SRS1=====',
      `SRS1=${hash}=example.org==${stamp}=x=ada`,
      text.slice(0, -1),
    ]) {
      assert.equal(readSrs(keys, forged, today), undefined, forged)
    }
  })
})

describe('rewriting, whatever the sender', () => {
  const seed = Number(process.env['POSTHOUSE_SEED'] ?? randomInt(2 ** 31))
  const random = randomFrom(seed)
  const pick = (from: string, most: number): string =>
    Array.from({ length: 1 + random(most) }, () => from[random(from.length)] ?? '').join('')
  const atext = "abcXYZ019!#$%&'*+-/=?^_`{|}~.äß"
  const origin = () => ({
    local: pick(atext, 40),
    domain: `${pick('abcXYZ019-', 20)}.example`,
  })

  it(`goes there and back (seed ${seed})`, () => {
    for (let i = 0; i < 5_000; i++) {
      const one = origin()
      if (isSrs(one.local)) continue
      const age = random(21)
      const text = writeSrs(keys, one, later(-age))
      assert.deepEqual(readSrs(keys, text, today), one, text)
      const twice = writeSrs(keys, { local: text, domain: 'mid.example' }, today)
      assert.deepEqual(readSrs(keys, twice, today), { local: text, domain: 'mid.example' }, twice)
    }
  })

  it(`shows what was changed in it, but for case (seed ${seed})`, () => {
    let found = 0
    for (let i = 0; i < 20_000; i++) {
      const text = writeSrs(keys, origin(), today)
      const at = 5 + random(text.length - 5)
      const changed = text.slice(0, at) + (atext[random(atext.length)] ?? '') + text.slice(at + 1)
      if (changed.toLowerCase() === text.toLowerCase()) continue
      if (readSrs(keys, changed, today) !== undefined) found++
    }
    // A hash of four characters in one case: one in about a million.
    assert.ok(found <= 1, `${found} of 20,000`)
  })

  it(`does not fall over what strangers write (seed ${seed})`, () => {
    for (let i = 0; i < 20_000; i++) {
      const text = `SRS${random(2)}=${pick(`${atext}====`, 60)}`
      readSrs(keys, text, today)
      writeSrs(keys, { local: text, domain: 'x.example' }, today)
    }
  })
})

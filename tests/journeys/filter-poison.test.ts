import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { makeKey, signMail } from '../../packages/mail-auth/src/signed-mail.fixture.ts'
import { ada, bob, FilterHouse, outsideZone } from './house/filter-house.ts'
import { letter, type LetterParts } from './house/filter-letters.ts'

// A stranger who wants another's letters taken for spam sends copies of them that are spam beyond doubt.

const key = makeKey('ed25519')
const zone = new Zone(`${outsideZone}
test._domainkey.example.org TXT "${key.record}"
forged.example TXT "v=spf1 -all"
_dmarc.forged.example TXT "v=DMARC1; p=reject"
`)
const attacker = '203.0.113.66'
const copies = 40

const gtube = ['XJS*C4JDBQADN1.NSBN3*2IDNEN', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join('*')

const news = [
  'Dear members of the rowing club, the boathouse opens again on the first Sunday in April, and all who',
  'want to help with the varnish are welcome from nine in the morning on. Bring old clothes, brushes and',
  'a cake if you have one. The committee has bought two new sculls, which will be named in the afternoon.',
  'Whoever wants to row in the regatta in June tells the steward until the end of the month, please.',
].join('\r\n')

let house: FilterHouse
before(async () => {
  house = await FilterHouse.start({ resolver: zoneResolver(zone) })
})
after(() => house.stop())

/** The club's own letter, signed. */
async function genuine(n: number): Promise<string> {
  const parts = { from: 'club@example.org', subject: `News of the club, ${n}`, body: `${news}\r\n` }
  const octets = await signMail(letter(parts), 'example.org', key)
  const answer = await house.send(octets, { from: 'club@example.org', to: [ada, bob] })
  assert.match(answer, /^250/)
  return answer
}

async function isPlainMail(answer: string): Promise<void> {
  const { action, findings } = await house.verdictOn(answer)
  const heavy = findings.filter(({ points }) => points >= 1)
  assert.deepEqual([action, heavy], ['deliver', []])
}

async function copy(n: number, more: LetterParts): Promise<void> {
  const parts = { from: 'boss@forged.example', subject: `News of the club, ${n}`, ...more }
  const answer = await house.send(letter(parts), { from: 'boss@forged.example', client: attacker })
  assert.match(answer, /^(250|554) /)
}

test('letters are plain mail before anybody tries anything', async () => {
  await isPlainMail(await genuine(1))
})

test('copies with the string that tests filters teach nothing', async () => {
  for (let n = 0; n < copies; n++) await copy(n, { body: `${news}\r\n${gtube}\r\n` })
  await isPlainMail(await genuine(2))
})

test('copies from a forged sender make nobody else’s letter spam', async () => {
  for (let n = 0; n < copies; n++) {
    const above = 'X-Mailer: The Bat\r\n'
    const body = `${news}\r\nhttp://bank.example@192.0.2.200/login.exe\r\n`
    await copy(n, { above, body })
  }
  const { action, findings } = await house.verdictOn(await genuine(3))
  assert.equal(action, 'deliver')
  const likeness = findings.find(({ symbol }) => symbol === 'SIMILAR_TO_SPAM')
  assert.ok(likeness !== undefined && likeness.points <= 2, 'the copies were learnt from')
})

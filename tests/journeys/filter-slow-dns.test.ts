import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { createResolver, Zone } from '@posthouse/dns'
import { startDnsServer, type DnsServer } from '@posthouse/testkit'
import { ada, FilterHouse, outsideZone } from './house/filter-house.ts'
import { letter } from './house/filter-letters.ts'

// A DNS server that does not answer: not for some names, or not at all. Mail is taken, and nobody is vouched for.

const zone = new Zone(`${outsideZone}
slow.example TIMEOUT
_dmarc.slow.example TIMEOUT
broken.example FAIL
half.example TXT "v=spf1 include:slow.example -all"
_dmarc.half.example TXT "v=DMARC1; p=reject"
silent.example TXT "v=spf1 -all"
_dmarc.silent.example TIMEOUT
`)

describe('a DNS server that times out for a sender', () => {
  let dns: DnsServer
  let house: FilterHouse
  before(async () => {
    dns = await startDnsServer(zone)
    house = await FilterHouse.start({ resolver: createResolver({ servers: [dns.address] }) })
  })
  after(async () => {
    await house.stop()
    await dns.close()
  })

  for (const domain of ['slow.example', 'broken.example', 'half.example']) {
    test(`is no reason to refuse mail, and none to believe it (${domain})`, async () => {
      const from = `grace@${domain}`
      const [inbox] = await house.counts(ada)
      const answer = await house.send(letter({ from }), { from })
      assert.match(answer, /^250/)
      assert.deepEqual(await house.counts(ada), [inbox + 1, 0, 0])
      const verdict = await house.verdictOn(answer)
      assert.deepEqual(verdict.authentication?.authenticated, [])
      assert.ok(!verdict.findings.some(({ symbol }) => /^(SPF_FAIL|DMARC_REJECT)$/.test(symbol)))
      const header = (await house.messages(ada, 'INBOX')).at(-1) ?? ''
      assert.match(header, /\bspf=temperror\b/)
    })
  }

  test('a policy that does not come is not guessed; what was answered counts all the same', async () => {
    const from = 'grace@silent.example'
    const answer = await house.send(letter({ from }), { from })
    assert.match(answer, /^250/)
    const symbols = await house.symbolsOf(answer)
    assert.ok(symbols.includes('SPF_FAIL'))
    assert.ok(!symbols.some((symbol) => symbol.startsWith('DMARC_')), symbols.join())
    const stored = [...(await house.messages(ada, 'INBOX')), ...(await house.messages(ada, 'Junk'))]
    assert.ok(stored.some((text) => /\bdmarc=temperror\b/.test(text)))
  })

  test('a name that is not there is an answer, and no reason to wait', async () => {
    const from = 'grace@nowhere.example'
    const answer = await house.send(letter({ from }), { from })
    assert.match(answer, /^250/)
    const header = (await house.messages(ada, 'INBOX')).at(-1) ?? ''
    assert.match(header, /\bspf=none\b/)
  })

  test('others do not wait for it', async () => {
    const order: string[] = []
    const sent = async (name: string, from: string): Promise<void> => {
      assert.match(await house.send(letter({ from }), { from }), /^250/)
      order.push(name)
    }
    // Another name under the same silence: the first one's silence may be remembered.
    zone.add({ name: 'later.example', type: 'TIMEOUT', value: '' })
    const late = sent('late', 'grace@later.example')
    await sent('quick', 'grace@example.org')
    await late
    assert.deepEqual(order, ['quick', 'late'])
  })
})

test('a DNS server that says nothing at all lets mail through, unproven, and GTUBE is still refused', async () => {
  const silence = createSocket('udp4')
  silence.bind(0, '127.0.0.1')
  await once(silence, 'listening')
  const servers = [`127.0.0.1:${silence.address().port}`]
  const house = await FilterHouse.start({ resolver: createResolver({ servers }) })
  try {
    const gtube = ['XJS*C4JDBQADN1.NSBN3*2IDNEN', 'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'].join(
      '*',
    )
    const [taken, refused] = await Promise.all([
      house.send(letter()),
      house.send(letter({ body: `${gtube}\r\n` })),
    ])
    assert.match(taken, /^250/)
    assert.match(refused, /^554 5\.7\.1/)
    const verdict = await house.verdictOn(taken)
    assert.deepEqual(verdict.authentication?.authenticated, [])
    assert.ok(verdict.action === 'deliver' || verdict.action === 'tag', verdict.action)
    assert.deepEqual(await house.counts(ada), [1, 0, 0])
  } finally {
    await house.stop()
    silence.close()
  }
})

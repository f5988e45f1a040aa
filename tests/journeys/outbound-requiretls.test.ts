import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testAuthority } from '@posthouse/testkit'
import { startHost, type ScriptedHost } from './house/outbound-host.ts'
import { ada } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { parseReport } from './house/outbound-report.ts'
import { leafTlsa } from './house/outbound-tls-world.ts'
import { makePlace, startWorld, type OutboundWorld } from './house/outbound-world.ts'
import { absent } from './house/run-program.ts'
import { sampleMail } from './house/sample-mail.ts'

// Senders who insist on TLS all the way, and senders who would rather have the mail arrive (RFC 8689).

const skip = noSignedNames() || absent('python3')
const keywords = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES']
let world: OutboundWorld
let count = 0
/** By domain. */
const hosts = new Map<string, ScriptedHost>()

before(async () => {
  if (skip !== false) return
  const place = await makePlace()
  const pair = testAuthority().issue(['mx.sure.test'])
  const good = `_25._tcp.mx TLSA ${leafTlsa(pair.cert)}`
  const wrong = `_25._tcp.mx TLSA 3 1 1 ${'00'.repeat(32)}`
  const cases = [
    { name: 'sure.test', trust: 'signed', tlsa: good, offers: true },
    { name: 'silent.test', trust: 'signed', tlsa: good, offers: false },
    { name: 'plain.test', trust: 'unsigned', tlsa: '', offers: true },
    { name: 'wrong.test', trust: 'signed', tlsa: wrong, offers: true },
  ] as const
  const zones = cases.map(({ name, trust, tlsa }, index) => {
    const records = `@ MX 10 mx\nmx A ${place.address(index + 1)}\n${tlsa}`
    return { name, trust, records }
  })
  world = await startWorld(place, zones)
  for (const [index, { name, offers }] of cases.entries()) {
    const manner = { tls: pair, keywords: offers ? [...keywords, 'REQUIRETLS'] : keywords }
    const host = await startHost({ address: place.address(index + 1), port: place.port }, manner)
    hosts.set(name, host)
    world.keep(host)
  }
})
after(async () => {
  if (skip === false) await world.stop()
})

function hostOf(domain: string): ScriptedHost {
  const host = hosts.get(domain)
  assert.ok(host)
  return host
}

async function send(domain: string, isInsisting: boolean, field = ''): Promise<string> {
  const to = `bob@${domain}`
  const raw = Buffer.concat([Buffer.from(field), sampleMail(++count, ada, to)])
  return await world.house.submit(to, raw, { requiresTls: isInsisting })
}

test(
  'REQUIRETLS goes on to a host that has proved who it is and promises the same',
  { skip },
  async () => {
    const [item] = await world.house.settled(await send('sure.test', true))
    assert.equal(item?.state, 'delivered')
    const [taken] = hostOf('sure.test').taken
    assert.equal(taken?.isTls, true)
    assert.match(taken.envelope[0] ?? '', / REQUIRETLS(?: |$)/)
  },
)

for (const domain of ['silent.test', 'plain.test', 'wrong.test'])
  test(`REQUIRETLS keeps a message from ${domain}, and its sender is told`, { skip }, async () => {
    const queueId = await send(domain, true)
    if (domain === 'wrong.test') {
      // What is wrong with the host may be put right: the message waits.
      await world.house.settled(
        queueId,
        ({ attempts, state }) => attempts > 0 && state !== 'active',
      )
    } else {
      const [item] = await world.house.settled(queueId)
      assert.equal(item?.state, 'bounced')
      assert.equal(item.last?.enhanced, '5.7.30')
      const report = await parseReport(await world.house.report(`bob@${domain}`))
      assert.equal(report.recipients[0]?.['status'], '5.7.30')
      // RFC 8689 §5: no more than the header comes back.
      assert.notEqual(report.types[2], 'message/rfc822')
    }
    assert.equal(hostOf(domain).taken.length, 0)
  })

test('TLS-Required: No lets a message go where a policy would keep it', { skip }, async () => {
  const [item] = await world.house.settled(await send('wrong.test', false, 'TLS-Required: No\r\n'))
  assert.equal(item?.state, 'delivered')
  assert.equal(hostOf('wrong.test').taken.length, 1)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAuthority, issueCertificate } from '@posthouse/local-ca'
import { testAuthority } from '@posthouse/testkit'
import { enqueue, eventually, settled } from '../delivery.fixture.ts'
import type { SinkBehaviour } from '../sink.fixture.ts'
import { addDomain, policyText, startTlsWorld, tlsaOf, type TlsWorld } from './tls-world.fixture.ts'

const numbers = Array.from({ length: 60 }, (_, n) => `d${n}.test`)
let world: TlsWorld
let made = 0
let lastQueueId = ''
before(async () => {
  world = await startTlsWorld(numbers)
})
after(() => world.close())

/** A domain that no test had yet. */
function newDomain(more: Parameters<typeof addDomain>[2] = {}): string {
  const domain = numbers[made++] ?? assert.fail('more domains are needed')
  addDomain(world, domain, more)
  return domain
}

const day = 86_400_000
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) }
const past = { notBefore: new Date(Date.now() - 9 * day), notAfter: new Date(Date.now() - day) }
const stranger = createAuthority('a stranger', validity)

/** Everything a mail host may do about TLS, by name. */
function hostThat(state: string, names: readonly string[]): SinkBehaviour {
  const authority = testAuthority()
  switch (state) {
    case 'good':
      return { tls: authority.issue(names) }
    case 'expired':
      return { tls: authority.issue(names, past) }
    case 'otherName':
      return { tls: authority.issue(['mx.else.test']) }
    case 'stranger':
      return { tls: issueCertificate(stranger, names, validity) }
    case 'stripped':
      return {}
    case 'refused':
      return { startTls: '454 4.7.0 TLS not available' }
    case 'broken':
      return { breaksTls: true }
    default:
      throw new Error(state)
  }
}

/** Sends one message to a domain; whether it was taken or waits. */
async function fate(
  domain: string,
  behaviour: SinkBehaviour,
  more: Parameters<typeof enqueue>[2] = {},
): Promise<string> {
  world.sink.behave(behaviour)
  const queueId = await enqueue(world.suite.store, [`bob@${domain}`], more)
  lastQueueId = queueId
  const [item] = await settled(
    world.suite.store,
    queueId,
    ({ lastOutcome }) => lastOutcome !== undefined,
  )
  assert.equal(item?.lastOutcome === 'delivered', world.sink.taken.length === 1)
  return item?.lastOutcome === 'delivered' ? 'taken' : `${item?.state}: ${item?.last?.text}`
}

const states = ['good', 'expired', 'otherName', 'stranger', 'stripped', 'refused', 'broken']

/** Fates of all states of a host, each with a domain of its own. */
async function fates(
  domainFor: (behaviour: SinkBehaviour) => { domain: string; sees: readonly string[] },
): Promise<void> {
  for (const state of states) {
    const domain = numbers[made] ?? ''
    const behaviour = hostThat(state, [`mx.${domain}`])
    const { sees } = domainFor(behaviour)
    const came = await fate(domain, behaviour)
    const isTaken = came === 'taken'
    assert.equal(isTaken, sees.includes(state), `${state}: ${came}`)
    if (!isTaken) assert.match(came, /^waiting: .*not safe to use/)
  }
}

test('without a policy mail goes over whatever TLS there is, or over none', async () => {
  await fates(() => ({ domain: newDomain(), sees: states }))
})

test('a certificate that TLSA records name is enough; another, or none, is not used', async () => {
  await fates(({ tls }) => {
    const { leaf } = testAuthority()
    const tlsa = [tlsaOf(tls?.cert ?? leaf.cert)]
    const sees = ['good', 'expired', 'otherName', 'stranger']
    return { domain: newDomain({ isSigned: true, tlsa }), sees }
  })
  const domain = newDomain({ isSigned: true, tlsa: [tlsaOf(testAuthority().leaf.cert)] })
  assert.match(await fate(domain, hostThat('good', [`mx.${domain}`])), /certificate-not-trusted/)
})

test('what MTA-STS enforces is a certificate that the web would trust', async () => {
  await fates(() => {
    const domain = newDomain({ sts: '1' })
    world.policyHost.answer({ body: policyText('enforce', `mx.${domain}`) })
    return { domain, sees: ['good'] }
  })
  const elsewhere = newDomain({ sts: '1' })
  world.policyHost.answer({ body: policyText('enforce', 'mx.else.test') })
  const came = await fate(elsewhere, hostThat('good', [`mx.${elsewhere}`]))
  assert.match(came, /not among the hosts of the MTA-STS policy/)
})

test('in testing mail goes all the same, and what was wrong is counted', async () => {
  const domain = newDomain({ sts: '1' })
  world.policyHost.answer({ body: policyText('testing', `mx.${domain}`) })
  assert.equal(await fate(domain, hostThat('otherName', [])), 'taken')
  const counts = await eventually('the counts', async () => {
    const today = new Date().toISOString().slice(0, 10)
    const all = await world.suite.store.tls.counts(today)
    const own = all.filter((count) => count.domain === domain)
    return own.length > 0 ? own : undefined
  })
  assert.deepEqual(
    counts.map(({ policyType, result, mxHost, sessions }) => [
      policyType,
      result,
      mxHost,
      sessions,
    ]),
    [['sts', 'certificate-host-mismatch', `mx.${domain}`, 1]],
  )
  assert.deepEqual(counts[0]?.mx, [`mx.${domain}`])
  assert.match(counts[0]?.ownAddress ?? '', /^127\./)
})

test('DANE comes before MTA-STS: what it refuses MTA-STS does not allow, and the other way round', async () => {
  const wrong = newDomain({ isSigned: true, sts: '1', tlsa: [tlsaOf(testAuthority().leaf.cert)] })
  world.policyHost.answer({ body: policyText('enforce', `mx.${wrong}`) })
  assert.match(await fate(wrong, hostThat('good', [`mx.${wrong}`])), /certificate-not-trusted/)
  const own = hostThat('stranger', ['nobody.test'])
  const right = newDomain({ isSigned: true, sts: '1', tlsa: [tlsaOf(own.tls?.cert ?? '')] })
  world.policyHost.answer({ body: policyText('enforce', 'mx.else.test') })
  assert.equal(await fate(right, own), 'taken')
  assert.equal(world.sink.taken[0]?.serverName, `mx.${right}`)
  const subject = { by: 'queue-id', id: lastQueueId } as const
  const trace = await world.suite.store.trace.find({ subject })
  assert.match(JSON.stringify(trace), /"tls":"TLSv1\.[23] by DANE"/)
})

test('a host whose TLSA records cannot be had is not used; records that are unusable ask for TLS alone', async () => {
  const bogus = newDomain({ isSigned: true })
  world.zone.add({ name: `_25._tcp.mx.${bogus}`, type: 'BOGUS', value: '' })
  assert.match(await fate(bogus, hostThat('good', [`mx.${bogus}`])), /dnssec-invalid/)
  for (const [state, came] of [
    ['stranger', /^taken$/],
    ['stripped', /starttls-not-supported/],
  ] as const) {
    const domain = newDomain({ isSigned: true, tlsa: [`1 1 1 ${'ab'.repeat(32)}`] })
    assert.match(await fate(domain, hostThat(state, [`mx.${domain}`])), came)
  }
})

test('a message that requires TLS goes only to hosts that prove themselves and promise the same', async () => {
  const requires = { requiresTls: true }
  const plain = newDomain()
  const good = hostThat('good', [`mx.${plain}`])
  const promising = { ...good, protectedExtensions: ['REQUIRETLS'] }
  assert.match(await fate(plain, promising, requires), /^bounced: .*neither DNSSEC nor MTA-STS/)
  const enforced = newDomain({ sts: '1' })
  world.policyHost.answer({ body: policyText('enforce', `mx.${enforced}`) })
  const tls = hostThat('good', [`mx.${enforced}`])
  assert.match(await fate(enforced, tls, requires), /^bounced: .*does not offer/)
  const offers = { ...tls, protectedExtensions: ['REQUIRETLS'] }
  assert.equal(await fate(enforced, offers, requires), 'taken')
  assert.ok(world.sink.lines.some((line) => /^MAIL FROM:.* REQUIRETLS/.test(line)))
  const bad = { ...hostThat('expired', [`mx.${enforced}`]), protectedExtensions: ['REQUIRETLS'] }
  assert.match(await fate(enforced, bad, requires), /^waiting: .*certificate-expired/)
})

test('a message that would rather arrive than be protected goes whatever the policy', async () => {
  const enforced = newDomain({ sts: '1' })
  world.policyHost.answer({ body: policyText('enforce', 'mx.else.test') })
  assert.equal(await fate(enforced, hostThat('stripped', []), { isTlsOptional: true }), 'taken')
  assert.match(await fate(enforced, hostThat('stripped', [])), /^waiting/)
  const both = { isTlsOptional: true, requiresTls: true }
  assert.match(await fate(enforced, hostThat('stripped', []), both), /^waiting/)
})

test('the ledger tells what protected a domain, and what failed', async () => {
  const domain = newDomain({ sts: '1' })
  world.policyHost.answer({ body: policyText('enforce', `mx.${domain}`) })
  const { tls } = world.suite.store
  await fate(domain, hostThat('expired', [`mx.${domain}`]))
  const bad = await eventually('a failure in the ledger', async () => {
    const [peer] = await tls.peers(domain)
    return peer !== undefined && peer.failures > 0 ? peer : undefined
  })
  assert.deepEqual([bad.policy, bad.isVerified], ['sts', false])
  assert.match(bad.failure ?? '', /^certificate-expired/)
  assert.equal(await fate(domain, hostThat('good', [`mx.${domain}`])), 'taken')
  const good = await eventually('a success in the ledger', async () => {
    const [peer] = await tls.peers(domain)
    return peer?.isVerified === true ? peer : undefined
  })
  assert.deepEqual([good.policy, good.failures, good.tlsDays], ['sts', 0, 1])
  assert.match(good.protocol ?? '', /^TLSv1\.[23]$/)
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ada, isDeferred } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { stsPolicy } from './house/outbound-policy-host.ts'
import { startTlsWorld, type TlsCase, type TlsWorld } from './house/outbound-tls-world.ts'
import { noPostfix } from './house/postfix.ts'
import { sampleMail } from './house/sample-mail.ts'
import { waitFor } from './house/wait-for.ts'

// DANE (RFC 7672) and MTA-STS (RFC 8461) against a real Postfix, real signed zones and a resolver that validates (threats.md H4).

const skip = noPostfix() || noSignedNames()

const cases: Readonly<Record<string, TlsCase>> = {
  'dane.test': { trust: 'signed', certificate: 'whatever.test', tlsa: 'leaf' },
  'dane-ca.test': { trust: 'signed', certificate: 'mx.dane-ca.test', tlsa: 'authority' },
  'dane-ca-name.test': { trust: 'signed', certificate: 'other.test', tlsa: 'authority' },
  'dane-wrong.test': { trust: 'signed', certificate: 'mx.dane-wrong.test', tlsa: 'wrong' },
  'dane-bare.test': { trust: 'signed', tlsa: 'leaf' },
  'dane-unsigned.test': { trust: 'unsigned', certificate: 'other.test', tlsa: 'wrong' },
  'dane-bogus.test': { trust: 'bogus', certificate: 'mx.dane-bogus.test', tlsa: 'leaf' },
  'sts.test': {
    trust: 'unsigned',
    certificate: 'mx.sts.test',
    policy: stsPolicy('enforce', 'mx.sts.test'),
  },
  'sts-name.test': {
    trust: 'unsigned',
    certificate: 'other.test',
    policy: stsPolicy('enforce', '*.sts-name.test'),
  },
  'sts-bare.test': { trust: 'unsigned', policy: stsPolicy('enforce', 'mx.sts-bare.test') },
  'sts-host.test': {
    trust: 'unsigned',
    certificate: 'mx.sts-host.test',
    policy: stsPolicy('enforce', 'mail.sts-host.test'),
  },
  'sts-testing.test': {
    trust: 'unsigned',
    certificate: 'other.test',
    policy: stsPolicy('testing', 'mx.sts-testing.test'),
  },
}

let tls: TlsWorld

before(async () => {
  if (skip === false) tls = await startTlsWorld(cases)
})
after(async () => {
  if (skip === false) await tls.world.stop()
})

let count = 0

/** Submits a message to a domain. */
async function send(domain: string) {
  const to = `bob@${domain}`
  const n = ++count
  const queueId = await tls.world.house.submit(to, sampleMail(n, ada, to))
  return { queueId, subject: `message ${n}` }
}

async function arrived(subject: string): Promise<string> {
  return await waitFor(subject, async () =>
    (await tls.postfix.delivered()).find((each) => each.includes(`\nSubject: ${subject}\n`)),
  )
}

describe('mail goes out over TLS that a policy vouches for', { skip }, () => {
  for (const domain of ['dane.test', 'dane-ca.test', 'sts.test'] as const)
    test(domain, async () => {
      const { queueId, subject } = await send(domain)
      const [item] = await tls.world.house.settled(queueId)
      assert.equal(item?.state, 'delivered')
      assert.match(await arrived(subject), /using TLSv1\.3/)
      const [peer] = await waitFor('the ledger', async () => {
        const peers = await tls.world.house.store.tls.peers(domain)
        return peers.length > 0 ? peers : undefined
      })
      assert.equal(peer?.policy, domain === 'sts.test' ? 'sts' : 'dane')
      assert.equal(peer.isVerified, true)
    })
})

describe('mail waits where a policy is not kept, and goes to nobody', { skip }, () => {
  const words: Readonly<Record<string, RegExp>> = {
    'dane-wrong.test': /not safe to use|TLSA/i,
    'dane-ca-name.test': /name|not for/i,
    'dane-bare.test': /starttls-not-supported/,
    'dane-bogus.test': /SERVFAIL/i,
    'sts-name.test': /not for mx\.sts-name\.test/,
    'sts-bare.test': /starttls-not-supported/,
    'sts-host.test': /MTA-STS|policy/i,
  }
  for (const [domain, pattern] of Object.entries(words))
    test(domain, async () => {
      const { queueId, subject } = await send(domain)
      const [item] = await tls.world.house.settled(queueId, isDeferred)
      assert.equal(item?.lastOutcome, 'deferred')
      assert.match(item.last?.text ?? '', pattern)
      assert.ok(!(await tls.postfix.delivered()).some((each) => each.includes(subject)))
    })
})

describe('mail is not held up', { skip }, () => {
  test('by TLSA records that nobody signed', async () => {
    const { queueId, subject } = await send('dane-unsigned.test')
    await tls.world.house.settled(queueId)
    assert.match(await arrived(subject), /using TLS/)
  })
  test('by an MTA-STS policy that is only being tested; the failure is counted', async () => {
    const { queueId, subject } = await send('sts-testing.test')
    await tls.world.house.settled(queueId)
    await arrived(subject)
    const day = new Date().toISOString().slice(0, 10)
    const counts = await waitFor('the count', async () => {
      const all = await tls.world.house.store.tls.counts(day)
      const ours = all.filter((each) => each.domain === 'sts-testing.test')
      return ours.length > 0 ? ours : undefined
    })
    assert.match(JSON.stringify(counts), /certificate-host-mismatch/)
  })
  test('by a wrong TLSA record that was put right', async () => {
    const { queueId, subject } = await send('dane-wrong.test')
    await tls.world.house.settled(queueId, isDeferred)
    await tls.world.names.remove('dane-wrong.test', '_25._tcp.mx', 'TLSA')
    await tls.world.names.add(
      'dane-wrong.test',
      '_25._tcp.mx',
      'TLSA',
      tls.right('dane-wrong.test'),
    )
    await waitFor('the message to go', async () => {
      await tls.world.house.retry(queueId)
      const [item] = await tls.world.house.store.queue.show(queueId)
      return item?.state === 'delivered' ? true : undefined
    })
    await arrived(subject)
  })
})

test('an operator can look at it all by command', { skip }, async () => {
  const { house } = tls.world
  const good = await house.posthouse('dane', 'check', 'dane.test')
  assert.equal(good.code, 0, good.stdout + good.stderr)
  const bad = await house.posthouse('dane', 'check', 'dane-bare.test')
  assert.equal(bad.code, 3, bad.stdout + bad.stderr)
  assert.match(await house.run('tls', 'history', 'dane.test'), /mx\.dane\.test +dane +yes/)
})

test('each policy was asked for where RFC 8461 says', { skip }, () => {
  assert.ok(tls.policies.asked.includes('mta-sts.sts.test/.well-known/mta-sts.txt'))
  assert.ok(tls.policies.asked.every((each) => each.endsWith('/.well-known/mta-sts.txt')))
})

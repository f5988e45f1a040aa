import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { noExim, startExim, type PrivateExim } from './house/outbound-exim.ts'
import { ada } from './house/outbound-house.ts'
import { noSignedNames } from './house/outbound-names.ts'
import { makePlace, startWorld, type OutboundWorld } from './house/outbound-world.ts'
import { sampleMail } from './house/sample-mail.ts'
import { waitFor } from './house/wait-for.ts'

// An operator makes keys, publishes them, and changes them; Exim, which asks the same DNS, says what it thinks of each message.

const skip = noSignedNames() || (await noExim())
const domain = 'example.test'
let world: OutboundWorld
let exim: PrivateExim
let count = 0

before(async () => {
  if (skip !== false) return
  const place = await makePlace()
  world = await startWorld(
    place,
    [
      { name: 'exim.test', trust: 'unsigned', records: `@ MX 10 mx\nmx A ${place.address(1)}` },
      { name: domain, trust: 'signed', records: '@ MX 10 mail\nmail A 127.0.0.1' },
    ],
    { limits: { keyMs: 100 } },
  )
  exim = await startExim({
    address: place.address(1),
    port: place.port,
    hostname: 'mx.exim.test',
    domains: ['exim.test'],
    resolver: world.names.address,
  })
  world.keep(exim)
})
after(async () => {
  if (skip === false) await world.stop()
})

/** A key as `posthouse dkim list --json` shows it. */
interface Key {
  readonly selector: string
  readonly algorithm: string
  readonly state: string
  readonly name: string
  readonly split: string
}

async function keys(): Promise<readonly Key[]> {
  const { items } = JSON.parse(await world.house.run('dkim', 'list', domain, '--json')) as {
    readonly items: readonly Key[]
  }
  return items
}

/** Publishes every key that waits, and has DNS looked at. */
async function publish(): Promise<void> {
  for (const { state, name, split, selector } of await keys()) {
    if (state !== 'waiting') continue
    await world.names.add(domain, name.slice(0, -domain.length - 1), 'TXT', split)
    await waitFor(`the key ${selector}`, async () => {
      const { code } = await world.house.posthouse('dkim', 'show', domain, selector, '--dns')
      return code === 0 ? true : undefined
    })
  }
}

/** Sends a message; what Exim says of it, and the message. */
async function judged(): Promise<{ readonly verdict: string; readonly message: string }> {
  const to = 'bob@exim.test'
  const n = ++count
  await world.house.submit(to, sampleMail(n, ada, to))
  const message = await waitFor(`message ${n} in Exim`, async () =>
    (await exim.delivered()).find((each) => each.includes(`\nSubject: message ${n}\n`)),
  )
  const verdict = /^Authentication-Results: (?:[^\n]|\n[ \t])*/m.exec(message)?.[0] ?? ''
  return { verdict: verdict.replaceAll(/\s+/g, ' '), message }
}

const passes = (verdict: string, selector: string): boolean =>
  verdict.includes(`header.s=${selector}`) &&
  new RegExp(`dkim=pass[^;]*header\\.d=example\\.test[^;]*header\\.s=${selector}`).test(verdict)

test('keys sign once DNS shows them, and Exim finds both signatures good', { skip }, async () => {
  if ((await keys()).length === 0) await world.house.run('dkim', 'create', domain)
  const unsigned = await judged()
  assert.doesNotMatch(unsigned.message, /^DKIM-Signature:/m)
  await publish()
  const active = (await keys()).filter(({ state }) => state === 'active')
  assert.deepEqual(active.map(({ algorithm }) => algorithm).toSorted(), ['ed25519', 'rsa-2048'])
  const signed = await waitFor('a signed message', async () => {
    const next = await judged()
    return next.message.includes('DKIM-Signature:') ? next : undefined
  })
  for (const { selector } of active) assert.ok(passes(signed.verdict, selector), signed.verdict)
})

test(
  'after a rotation the new keys take over, and the old ones stay published',
  { skip },
  async () => {
    const old = (await keys()).filter(({ state }) => state === 'active')
    await world.house.run('dkim', 'rotate', domain)
    const still = await judged()
    for (const { selector } of old) assert.ok(passes(still.verdict, selector), still.verdict)
    await publish()
    const all = await keys()
    const fresh = all.filter(({ state }) => state === 'active')
    assert.equal(fresh.length, 2)
    for (const { selector } of old)
      assert.equal(all.find((each) => each.selector === selector)?.state, 'retiring')
    const signed = await waitFor('a message with new signatures', async () => {
      const next = await judged()
      return fresh.every(({ selector }) => next.message.includes(`s=${selector};`))
        ? next
        : undefined
    })
    for (const { selector } of fresh) assert.ok(passes(signed.verdict, selector), signed.verdict)
    for (const { selector } of old) assert.ok(!signed.message.includes(`s=${selector};`))
  },
)

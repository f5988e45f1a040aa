import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createResolver, createZoneUpdater, parseTsigKey, type TsigKey } from '@posthouse/dns'
import { startKnot, type Knot } from '../journeys/house/knot.ts'
import { absent } from '../journeys/house/run-program.ts'

// Updates of zones (RFC 2136) signed with TSIG (RFC 8945), as Knot judges them.

const skip = absent('knotd', 'knot')
let knot: Knot

before(async () => {
  if (skip === false) knot = await startKnot(['example.test', 'sub.example.test'])
})
after(async () => {
  if (skip === false) await knot.stop()
})

const name = '_acme-challenge.imap.example.test'

function texts(): Promise<readonly string[]> {
  const resolver = createResolver({ servers: [knot.server] })
  return resolver.txt(name).then((answer) => (answer.kind === 'records' ? answer.records : []))
}

test('records come and go one by one, and others of the same name stay', { skip }, async () => {
  const updater = createZoneUpdater(knot.server, parseTsigKey(knot.key))
  assert.deepEqual(await updater.zoneOf(name), { zone: 'example.test' })
  assert.deepEqual(await updater.zoneOf(`a.b.sub.example.test`), { zone: 'sub.example.test' })
  assert.deepEqual(await updater.serversOf('example.test'), ['ns.example.test'])
  const add = ['one', 'two'].map((text) => ({ kind: 'add', name, text }) as const)
  assert.deepEqual(await updater.change('example.test', add), { ok: true })
  assert.deepEqual((await texts()).toSorted(), ['one', 'two'])
  const remove = [{ kind: 'remove', name, text: 'one' }] as const
  assert.deepEqual(await updater.change('example.test', remove), { ok: true })
  assert.deepEqual(await texts(), ['two'])
  assert.deepEqual(await updater.change('example.test', remove), { ok: true })
})

test('a block of tsig-keygen is read like the short form', { skip }, async () => {
  const { name: id, algorithm, secret } = parseTsigKey(knot.key)
  const block = `key "${id}" {\n\talgorithm ${algorithm};\n\tsecret "${secret.toString('base64')}";\n};\n`
  const updater = createZoneUpdater(knot.server, parseTsigKey(block))
  const change = [{ kind: 'add', name, text: 'three' }] as const
  assert.deepEqual(await updater.change('example.test', change), { ok: true })
})

test('a refusal says what is wrong: secret, key, zone, server', { skip }, async () => {
  const key = parseTsigKey(knot.key)
  const change = [{ kind: 'add', name, text: 'never' }] as const
  const cases: readonly (readonly [TsigKey, string, RegExp])[] = [
    [{ ...key, secret: Buffer.alloc(32) }, 'example.test', /NOTAUTH: .*BADSIG/],
    [{ ...key, name: 'stranger' }, 'example.test', /NOTAUTH: .*BADKEY/],
    [key, 'elsewhere.test', /NOTAUTH|REFUSED/],
  ]
  for (const [used, zone, because] of cases) {
    const outcome = await createZoneUpdater(knot.server, used).change(zone, change)
    assert.match(outcome.ok ? 'done' : outcome.because, because)
  }
  const nobody = await createZoneUpdater('127.0.0.1:1', key).change('example.test', change)
  assert.match(nobody.ok ? '' : nobody.because, /ECONNREFUSED/)
  const strange = await createZoneUpdater(knot.server, key).zoneOf('imap.elsewhere.test')
  assert.match('because' in strange ? strange.because : '', /REFUSED|no zone/)
  assert.ok(!(await texts()).includes('never'))
})

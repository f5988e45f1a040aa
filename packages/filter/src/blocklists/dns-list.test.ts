import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Resolver, Zone, zoneResolver } from '@posthouse/dns'
import { createLog, silentLog } from '@posthouse/telemetry'
import { DnsList } from './dns-list.ts'
import { knownLists } from './known-lists.ts'
import { codeReader, type ListDefinition } from './list-definition.ts'

const list: ListDefinition = {
  name: 'sample',
  zone: 'bl.test',
  kind: 'address',
  codes: [
    { code: '127.0.0.2', points: 4, meaning: 'a source of spam' },
    { code: '127.0.0.4-7', points: 2, meaning: 'a stolen host' },
    { code: '127.0.*.9', points: -1, meaning: 'a good host' },
  ],
}
const zoneText = `
2.0.0.127.bl.test  A 127.0.0.2
1.2.0.192.bl.test  A 127.0.0.2
1.2.0.192.bl.test  A 127.0.0.5
2.2.0.192.bl.test  A 127.0.0.6
3.2.0.192.bl.test  A 127.0.7.9
4.2.0.192.bl.test  A 127.0.0.99
5.2.0.192.bl.test  A 203.0.113.1
6.2.0.192.bl.test  FAIL
7.2.0.192.bl.test  A 127.255.255.254
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test A 127.0.0.2
`

/** A list over a zone, with a clock of its own, and what was logged of it. */
function listOver(text: string, definition = list, servers: readonly string[] = ['127.0.0.1']) {
  const zone = new Zone(text)
  const resolver: Resolver = { ...zoneResolver(zone), servers: () => servers }
  const lines: string[] = []
  const log = createLog({
    level: 'info',
    format: 'text',
    destination: { write: (line: string) => lines.push(line) },
  })
  const clock = { now: 0 }
  const dnsList = new DnsList(definition, { resolver, log }, () => clock.now)
  return { zone, lines, clock, list: dnsList }
}

test('answers count as declared, the heaviest of several; all others are none', async () => {
  const { list: sample } = listOver(zoneText)
  assert.deepEqual(await sample.ask('192.0.2.1'), {
    points: 4,
    reason: '192.0.2.1 is on sample: a source of spam',
  })
  assert.equal((await sample.ask('192.0.2.2'))?.points, 2)
  assert.equal((await sample.ask('192.0.2.3'))?.points, -1)
  assert.equal((await sample.ask('2001:db8::1'))?.points, 4)
  for (const last of [4, 5, 6, 99]) assert.equal(await sample.ask(`192.0.2.${last}`), undefined)
  assert.equal(await sample.ask('elsewhere.example'), undefined, 'a domain is no address')
  assert.deepEqual(sample.health(), { isWell: true, text: 'well' })
})

test('a list that lists everything, nothing, or refuses is off, with a warning', async () => {
  for (const [text, why] of [
    [`${zoneText}1.0.0.127.bl.test A 127.0.0.2`, /lists 1\.0\.0\.127, which is on no list/],
    ['1.2.0.192.bl.test A 127.0.0.2', /does not list 2\.0\.0\.127/],
    ['2.0.0.127.bl.test A 127.255.255.254', /refuses questions from 127\.0\.0\.1/],
  ] as const) {
    const { list: sample, lines } = listOver(text)
    assert.equal(await sample.ask('192.0.2.1'), undefined)
    assert.equal(await sample.ask('192.0.2.1'), undefined)
    assert.equal(sample.health().isWell, false)
    assert.match(sample.health().text, why)
    assert.equal(lines.length, 1, lines.join(''))
    assert.match(lines[0] ?? '', /WARN .*filter\.list\.off/)
  }
})

test('a list behind a public resolver is not asked', async () => {
  const { list: sample, lines } = listOver(zoneText, list, ['192.0.2.53', '8.8.8.8'])
  assert.equal(await sample.ask('192.0.2.1'), undefined)
  assert.match(sample.health().text, /8\.8\.8\.8 is a public resolver/)
  assert.equal(lines.length, 1)
})

test('a list that begins to refuse is off from then on, and on again when it is well', async () => {
  const { list: sample, clock, lines } = listOver(zoneText)
  assert.equal((await sample.ask('192.0.2.1'))?.points, 4)
  assert.equal(await sample.ask('192.0.2.7'), undefined)
  assert.equal(await sample.ask('192.0.2.1'), undefined)
  assert.equal(sample.health().isWell, false)
  clock.now += 3_600_000
  await sample.ask('192.0.2.1')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await sample.ask('192.0.2.1'))?.points, 4)
  assert.deepEqual(
    lines.map((line) => /list\.\w+/.exec(line)?.[0]),
    ['list.well', 'list.off', 'list.well'],
  )
})

test('a list that does not answer says nothing and is asked again in a minute', async () => {
  const { list: sample, clock, zone } = listOver('2.0.0.127.bl.test TIMEOUT')
  assert.equal(await sample.ask('192.0.2.1'), undefined)
  assert.equal(sample.health().isWell, true, 'no answer is no illness')
  zone.remove('2.0.0.127.bl.test')
  zone.add({ name: '2.0.0.127.bl.test', type: 'A', value: '127.0.0.2' })
  zone.add({ name: '1.2.0.192.bl.test', type: 'A', value: '127.0.0.2' })
  clock.now += 61_000
  await sample.ask('192.0.2.1')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await sample.ask('192.0.2.1'))?.points, 4)
})

test('a list of domains is asked for domains, and for addresses only where it takes them', async () => {
  const text = `
test.dl.test A 127.0.0.2
bad.example.dl.test A 127.0.0.20
1.2.0.192.dl.test A 127.0.0.16
`
  const codes = [
    { code: '127.0.0.&4', points: 1, meaning: 'seen' },
    { code: '127.0.0.&16', points: 5, meaning: 'malware' },
  ]
  const domains: ListDefinition = { name: 'dl', zone: 'dl.test', kind: 'domain', codes }
  const { list: strict } = listOver(text, domains)
  assert.equal((await strict.ask('bad.example'))?.points, 5)
  assert.equal(await strict.ask('good.example'), undefined)
  assert.equal(await strict.ask('192.0.2.1'), undefined)
  const { list: lenient } = listOver(text, { ...domains, takesAddresses: true })
  assert.equal((await lenient.ask('192.0.2.1'))?.points, 5)
})

test('the codes of all known lists can be read, and what is none is refused', () => {
  for (const known of knownLists) codeReader(known)
  for (const code of ['127.0.0', '10.0.0.1', '127.0.0.256', '127.0.2-3.1', '127.0.0.7-4', 'x']) {
    const codes = [{ code, points: 1, meaning: '' }]
    assert.throws(() => codeReader({ name: 'x', codes }), /is no answer/, code)
  }
  const resolver = zoneResolver(new Zone(''))
  const wrong = { ...list, codes: [{ code: 'x', points: 1, meaning: '' }] }
  assert.throws(() => new DnsList(wrong, { resolver, log: silentLog }), TypeError)
})

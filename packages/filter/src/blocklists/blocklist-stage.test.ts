import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { silentLog } from '@posthouse/telemetry'
import { examined, letter } from '../sample-message.fixture.ts'
import { blocklistStage } from './blocklist-stage.ts'
import { dnsLists } from './dns-lists.ts'

const zone = new Zone(`
2.0.0.127.one.test A 127.0.0.2
7.2.0.192.one.test A 127.0.0.2
2.0.0.127.two.test A 127.0.0.2
7.2.0.192.two.test A 127.0.0.2
2.0.0.127.good.test A 127.0.0.2
7.2.0.192.good.test A 127.0.0.3
1.0.0.10.one.test A 127.0.0.2
test.domains.test A 127.0.0.2
elsewhere.example.domains.test A 127.0.0.2
example.test.domains.test A 127.0.0.2
`)
const list = (name: string, points: number, kind: 'address' | 'domain' = 'address') => {
  return { name, zone: `${name}.test`, kind, codes: { '127.0.0.2': points, '127.0.0.3': -3 } }
}
const stageOf = (...lists: ReturnType<typeof list>[]) =>
  blocklistStage(dnsLists(lists, { resolver: zoneResolver(zone), log: silentLog }))

test('a client and a sender that are on lists are told with the lists, allowlists among them', async () => {
  const stage = stageOf(list('one', 4), list('good', 1), list('domains', 2, 'domain'))
  const { findings, ruling } = await examined(stage, letter())
  assert.deepEqual(
    findings.map(({ symbol, points }) => [symbol, points]),
    [
      ['CLIENT_LISTED_ONE', 4],
      ['SENDER_LISTED_DOMAINS', 2],
      ['CLIENT_VOUCHED_GOOD', -3],
    ],
  )
  assert.equal(ruling, undefined)
})

test('all lists together never refuse a message', async () => {
  const { findings } = await examined(stageOf(list('one', 8), list('two', 8)), letter())
  assert.deepEqual(
    findings.map(({ points }) => points),
    [8, 1],
  )
})

test('private addresses and domains of ours are on no list', async () => {
  const client = { address: '10.0.0.1', helo: 'x', isTls: false }
  const stage = stageOf(list('one', 4), list('domains', 2, 'domain'))
  const message = { client, sender: 'ada@example.test' }
  const { findings } = await examined(stage, letter(), message)
  assert.deepEqual(
    findings.map(({ symbol }) => symbol),
    ['SENDER_LISTED_DOMAINS'],
  )
})

test('no list is asked that was not named, and an unknown name is refused with the known ones', () => {
  const services = { resolver: zoneResolver(zone), log: silentLog }
  assert.deepEqual(dnsLists([], services), { addresses: [], domains: [] })
  assert.equal(dnsLists([{ use: 'spamhaus-zen' }], services).addresses.length, 1)
  assert.throws(() => dnsLists([{ use: 'zen' }], services), /the known ones are spamhaus-zen, /)
})

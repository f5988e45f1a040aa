import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reverseName, Zone, zoneResolver, type Resolver } from '@posthouse/dns'
import { silentLog } from '@posthouse/telemetry'
import { dnsblListed } from '../metrics.ts'
import { ListingWatch } from './listing-watch.ts'

/** What lists have on these addresses. */
function onList(zone: string, code: string, ...addresses: readonly string[]): string {
  return addresses
    .map(
      (address) =>
        `${reverseName(address).replace(/\.(in-addr|ip6)\.arpa$/, '')}.${zone} A ${code}\n`,
    )
    .join('')
}

function watchWith(resolver: Resolver, hostname = 'mail.example.test'): ListingWatch {
  const bind = ['::', '127.0.0.1']
  return new ListingWatch({ hostname, bind, resolver, log: silentLog, everyMs: 2 ** 30 })
}

async function lookWith(records: string, hostname?: string): Promise<void> {
  const watch = watchWith(zoneResolver(new Zone(records)), hostname)
  await watch.look()
  watch.end()
}

function listed(): Readonly<Record<string, number>> {
  const told = dnsblListed.snapshot().series
  return Object.fromEntries(told.map(({ values, numbers }) => [values[0] ?? '', numbers[0] ?? -1]))
}

const zen = 'zen.spamhaus.org'
const spamcop = 'bl.spamcop.net'
const name = 'mail.example.test'
const addresses = `${name} A 10.0.0.9\n${name} A 45.67.89.10\n${name} AAAA 2a00:1450::5\n`

test('a server without a public address asks nobody, and tells nothing', async () => {
  await lookWith(`localhost A 45.67.89.10\n${onList(zen, '127.0.0.2', '45.67.89.10')}`, 'localhost')
  await lookWith(`${name} A 10.0.0.9\n${onList(zen, '127.0.0.2', '10.0.0.9')}`)
  assert.deepEqual(listed(), {})
})

test('each list tells how many of our addresses stand on it', async () => {
  await lookWith(addresses + onList(zen, '127.0.0.3', '45.67.89.10', '2a00:1450::5', '10.0.0.9'))
  assert.deepEqual(listed(), { [zen]: 2, [spamcop]: 0 })
})

test('a list that refuses the question leaves things as they were, and one that lets us go says so', async () => {
  let zone = addresses + onList(zen, '127.0.0.3', '45.67.89.10')
  zone += onList(spamcop, '127.0.0.2', '45.67.89.10')
  const now = (): Resolver => zoneResolver(new Zone(zone))
  const watch = watchWith({
    ...now(),
    a: (asked) => now().a(asked),
    aaaa: (asked) => now().aaaa(asked),
  })
  await watch.look()
  assert.deepEqual(listed(), { [zen]: 1, [spamcop]: 1 })
  zone = addresses + onList(zen, '127.255.255.254', '45.67.89.10', '2a00:1450::5')
  await watch.look()
  assert.deepEqual(listed(), { [zen]: 1, [spamcop]: 0 })
  watch.end()
})

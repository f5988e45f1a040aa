import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientNetwork, networkText, parseNetwork } from './client-network.ts'

test('a client is an IPv4 address or an IPv6 /64, its network a /24 or the same /64', () => {
  const cases = [
    ['192.0.2.77', '192.0.2.77', '192.0.2.77/32', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.77', '192.0.2.77/32', '192.0.2.0/24'],
    ['::FFFF:c000:24d', '192.0.2.77', '192.0.2.77/32', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/64', 'fe80::/64'],
    ['::1', '::1', '::/64', '::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201', '64:ff9b::/64', '64:ff9b::/64'],
    ['', '0.0.0.0', '0.0.0.0/32', '0.0.0.0/24'],
    ['localhost', '0.0.0.0', '0.0.0.0/32', '0.0.0.0/24'],
  ] as const
  for (const [text, address, client, network] of cases) {
    assert.deepEqual(clientNetwork(text), { address, client, network }, text)
  }
})

test('a network is read with or without bits, cleared beyond them, and written shortly', () => {
  const cases = [
    ['192.0.2.77', '192.0.2.77/32', '192.0.2.77'],
    [' 192.0.2.77/24 ', '192.0.2.0/24', '192.0.2.0/24'],
    ['10.1.2.3/0', '0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::5', '2001:db8::5/128', '2001:db8::5'],
    ['2001:DB8:ffff::5/33', '2001:db8:8000::/33', '2001:db8:8000::/33'],
    ['2001:db8::/32', '2001:db8::/32', '2001:db8::/32'],
    ['::ffff:192.0.2.77/120', '192.0.2.0/24', '192.0.2.0/24'],
  ] as const
  for (const [text, network, shown] of cases) {
    assert.equal(parseNetwork(text), network, text)
    assert.equal(networkText(network), shown, text)
  }
  for (const text of ['', 'x', '192.0.2', '192.0.2.1/33', '::1/129', '1.2.3.4/', '1.2.3.4/8/8']) {
    assert.equal(parseNetwork(text), undefined, text)
  }
  assert.equal(parseNetwork('1.2.3.4/-1'), undefined)
  assert.equal(parseNetwork('::ffff:1.2.3.4/12'), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkGroup, networks, noNetworks } from './networks.ts'

test('networks hold the addresses in them, mapped or not, and no others', () => {
  const set = networks(['192.0.2.1', '10.0.0.0/8', '2001:db8::/32', '::1'])
  for (const address of ['192.0.2.1', '10.9.8.7', '::ffff:10.0.0.1', '2001:db8:9::1', '::1']) {
    assert.equal(set.has(address), true, address)
  }
  for (const address of ['192.0.2.2', '11.0.0.1', '2001:db9::1', '::2', '', 'unknown']) {
    assert.equal(set.has(address), false, address)
  }
  assert.equal(noNetworks.has('127.0.0.1'), false)
})

test('what is no network is refused', () => {
  const wrong = ['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10/8']
  for (const text of wrong) assert.throws(() => networks([text]), TypeError, text)
})

test('a network is 24 bits of IPv4, 48 of IPv6', () => {
  assert.equal(networkGroup('192.0.2.77'), '192.0.2.0/24')
  assert.equal(networkGroup('::ffff:192.0.2.1'), '192.0.2.0/24')
  assert.equal(networkGroup('2001:db8:1:2::3'), networkGroup('2001:db8:1:ffff::9'))
  assert.notEqual(networkGroup('2001:db8:1::'), networkGroup('2001:db8:2::'))
})

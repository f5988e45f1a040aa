import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressGroup, isLoopbackAddress, plainAddress } from './address.ts'

test('IPv4-mapped addresses are IPv4', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
  assert.equal(plainAddress(undefined), '')
})

test('loopback is 127.0.0.0/8 and ::1, mapped or not, and nothing else', () => {
  for (const address of ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1']) {
    assert.equal(isLoopbackAddress(address), true, address)
  }
  for (const address of ['128.0.0.1', '::2', '::ffff:10.0.0.1', '0.0.0.0', '', undefined, '127']) {
    assert.equal(isLoopbackAddress(address), false, String(address))
  }
})

test('limits count an IPv6 network of 64 bits as one', () => {
  assert.equal(addressGroup('2001:db8:0:1::5'), addressGroup('2001:db8::1:ffff:0:0:1'))
  assert.notEqual(addressGroup('2001:db8:0:1::5'), addressGroup('2001:db8:0:2::5'))
  assert.equal(addressGroup('::ffff:192.0.2.1'), '192.0.2.1')
})

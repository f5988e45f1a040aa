import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { ipv6Groups, plainSpelling } from './routes/ipv6-groups.ts'
import { isSpecialAddress } from './special-address.ts'

const inside = ['10.1.2.3', '127.0.0.1', '169.254.169.254', '172.31.255.255', '192.168.0.1']
const outside = [
  '9.255.255.255',
  '11.0.0.1',
  '172.32.0.1',
  '8.8.8.8',
  '192.0.3.1',
  '223.255.255.255',
]

/** The forms in which an IPv6 address carries an IPv4 address. */
function carriers(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  return [
    `::ffff:${address}`,
    `::FFFF:${hex}`,
    `0:0:0:0:0:ffff:${hex}`,
    `::ffff:0:${hex}`,
    `64:ff9b::${address}`,
    `64:ff9b::${hex}`,
    `2002:${hex}::1`,
  ]
}

test('an IPv6 address that carries an IPv4 address is what that one is', () => {
  for (const address of inside) {
    assert.ok(isSpecialAddress(address), address)
    for (const carrier of carriers(address)) assert.ok(isSpecialAddress(carrier), carrier)
  }
  for (const address of outside) {
    assert.ok(!isSpecialAddress(address), address)
    for (const carrier of carriers(address)) assert.ok(!isSpecialAddress(carrier), carrier)
  }
})

test('loopback, link, site, unique local, multicast, documentation and what is not given out are special', () => {
  const special =
    ':: ::1 ::7f00:1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd12::1 ff02::1 100::1 64:ff9b:1::1 2001:db8::1 2001::1 2001:2::1 3fff::1 5f00::1 4000::1 0.0.0.0 0.1.2.3 100.64.0.1 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 1.2.3 127.1 0x7f.0.0.1 2130706433'
  for (const address of [...special.split(' '), 'not an address', '']) {
    assert.ok(isSpecialAddress(address), address)
  }
  const places = ['2a00:1450:4001::1b', '2600::1', '2001:4860:4860::8888', '2c0f::1', '192.0.3.1']
  for (const address of places) assert.ok(!isSpecialAddress(address), address)
})

test('every spelling of an IPv6 address has the same groups and the same plain spelling', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(groups, (numbers) => {
      const long = numbers.map((each) => each.toString(16).padStart(4, '0')).join(':')
      assert.deepEqual(ipv6Groups(long.toUpperCase()), numbers)
      const plain = plainSpelling(long)
      if (isIPv6(plain)) assert.deepEqual(ipv6Groups(plain), numbers)
      assert.equal(plainSpelling(plain), plain)
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Zone, zoneResolver } from '@posthouse/dns'
import { nameGroups, sortNames } from './name-groups.ts'

test('the host name has a certificate alone, each domain one, and no name is in two', () => {
  const groups = nameGroups('mail.a.test', ['a.test', 'b.test', 'mail.b.test'])
  assert.deepEqual(
    groups.map(({ name }) => name),
    ['mail.a.test', 'a.test', 'b.test', 'mail.b.test'],
  )
  const [host, a, b, below] = groups
  assert.deepEqual(host?.candidates, ['mail.a.test'])
  assert.ok(a?.candidates.includes('imap.a.test') && a.candidates.includes('a.test'))
  assert.ok(!a?.candidates.includes('mail.a.test'))
  assert.ok(b?.candidates.includes('mail.b.test'))
  assert.ok(below?.candidates.includes('imap.mail.b.test'))
  const all = groups.flatMap(({ candidates }) => candidates)
  assert.equal(new Set(all).size, all.length)
})

test('a domain that is the host name has one certificate for both', () => {
  const [only, ...rest] = nameGroups('A.test', ['a.test'])
  assert.deepEqual(rest, [])
  assert.equal(only?.name, 'a.test')
  assert.equal(only?.candidates[0], 'a.test')
  assert.ok(only?.candidates.includes('imap.a.test'))
})

/** What there is between the host's group and that of its own `autoconfig.`, with the domain's after it. */
const told = (publicHost: string) => nameGroups('mx.a.test', ['b.test'], publicHost).slice(1, -2)

test('the name that mail programs are told is in a certificate, too', () => {
  assert.deepEqual(told('mail.a.test'), [{ name: 'mail.a.test', candidates: ['mail.a.test'] }])
  for (const name of ['mx.a.test', 'imap.b.test', 'b.test', 'localhost', '192.0.2.1'])
    assert.deepEqual(told(name), [], name)
})

const groupsOf = (host: string, ...domains: string[]) =>
  nameGroups(host, domains).map(({ name }) => name)

test('so is the name at which programs ask about domains whose MX is this host', () => {
  assert.deepEqual(groupsOf('mx1.house.test'), ['mx1.house.test', 'autoconfig.house.test'])
  assert.deepEqual(groupsOf('mx1.house.test', 'house.test'), ['mx1.house.test', 'house.test'])
  assert.deepEqual(groupsOf('house.test'), ['house.test'])
  assert.deepEqual(groupsOf('192.0.2.1'), ['192.0.2.1'])
})

test('names are ours that lead to the host’s addresses and to nothing else', async () => {
  const zone = new Zone(`
    mail.a.test A 192.0.2.1
    mail.a.test AAAA 2001:db8:0::1
    same.test AAAA 2001:db8::1
    alias.test CNAME mail.a.test
    both.test A 192.0.2.1
    both.test A 198.51.100.9
    six.test A 192.0.2.1
    six.test AAAA 2001:db8::bad
    away.test A 198.51.100.9
    text.test TXT hello
    broken.test FAIL
  `)
  const names = 'same alias both six away text none broken'.split(' ').map((name) => `${name}.test`)
  const { here, elsewhere, unsure } = await sortNames(names, 'mail.a.test', zoneResolver(zone))
  assert.deepEqual(here, ['same.test', 'alias.test'])
  assert.deepEqual(unsure, ['broken.test'])
  const reasons = Object.fromEntries(elsewhere.map(({ name, because }) => [name, because]))
  assert.match(reasons['both.test'] ?? '', /leads to 198\.51\.100\.9, which is not this server/)
  assert.match(reasons['six.test'] ?? '', /leads to 2001:db8::bad/)
  assert.match(reasons['none.test'] ?? '', /no address/)
  assert.match(reasons['text.test'] ?? '', /no address/)
  assert.ok(reasons['away.test'])
})

test('while DNS does not answer for the host itself, nothing is called foreign for good', async () => {
  const zone = new Zone('mail.a.test FAIL\nimap.a.test A 192.0.2.1')
  const sorted = await sortNames(['imap.a.test'], 'mail.a.test', zoneResolver(zone))
  assert.deepEqual(sorted, { here: [], elsewhere: [], unsure: ['imap.a.test'] })
})

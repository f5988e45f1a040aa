import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../check.fixture.ts'

test('the eleventh term that asks DNS is an error, the tenth is not', async () => {
  const hosts = Array.from({ length: 11 }, (_, i) => `h${i}.bank.test A 198.51.100.${i}`)
  const ten = await check('', { zone: [`bank.test TXT v=spf1 ${terms(10)} -all`, ...hosts] })
  assert.equal(ten.spf.mailFrom.result, 'fail')
  const eleven = await check('', { zone: [`bank.test TXT v=spf1 ${terms(11)} -all`, ...hosts] })
  assert.equal(eleven.spf.mailFrom.result, 'permerror')
})

test('records that include each other end, and so do those that redirect', async () => {
  for (const way of ['include:', 'redirect=']) {
    const zone = [`bank.test TXT v=spf1 ${way}other.test`, `other.test TXT v=spf1 ${way}bank.test`]
    const { spf, evidence } = await check('', { zone })
    assert.equal(spf.mailFrom.result, 'permerror')
    assert.ok(evidence.length < 20)
  }
})

test('the third empty answer is an error, the second is not', async () => {
  assert.equal((await check('', { zone: [withEmptyTerms(2)] })).spf.mailFrom.result, 'fail')
  assert.equal((await check('', { zone: [withEmptyTerms(3)] })).spf.mailFrom.result, 'permerror')
})

test('an eleventh MX is an error, an eleventh name of the client is passed over', async () => {
  const mx = Array.from({ length: 11 }, (_, i) => `bank.test MX ${i} m${i}.bank.test`)
  const many = await check('', { zone: ['bank.test TXT v=spf1 mx -all', ...mx] })
  assert.equal(many.spf.mailFrom.result, 'permerror')
  const names = Array.from({ length: 11 }, (_, i) => `1.2.0.192.in-addr.arpa PTR n${i}.bank.test`)
  const zone = ['bank.test TXT v=spf1 ptr -all', ...names, 'n10.bank.test A 192.0.2.1']
  assert.equal((await check('', { zone })).spf.mailFrom.result, 'fail')
  const tenth = await check('', { zone: [...zone, 'n9.bank.test A 192.0.2.1'] })
  assert.equal(tenth.spf.mailFrom.result, 'pass')
})

test('a client that comes as IPv4 in IPv6 is IPv4', async () => {
  const zone = [
    'bank.test TXT v=spf1 ip4:192.0.2.1 -all',
    '1.2.0.192.in-addr.arpa PTR x.test',
    'x.test A 192.0.2.1',
  ]
  const { spf, reverse } = await check('', { zone, address: '::ffff:192.0.2.1' })
  assert.deepEqual([spf.mailFrom.result, reverse.result], ['pass', 'pass'])
})

test('macros that want a local part beyond ASCII match nothing (RFC 8616 §4)', async () => {
  const zone = ['bank.test TXT v=spf1 exists:%{l}.bank.test -all', 'j.bank.test A 192.0.2.1']
  assert.equal((await check('', { zone, mailFrom: 'j@bank.test' })).spf.mailFrom.result, 'pass')
  assert.equal((await check('', { zone, mailFrom: 'ö@bank.test' })).spf.mailFrom.result, 'fail')
})

function terms(count: number): string {
  return Array.from({ length: count }, (_, i) => `a:h${i}.bank.test`).join(' ')
}

function withEmptyTerms(count: number): string {
  return `bank.test TXT v=spf1 ${'a:none.test '.repeat(count)}-all`
}

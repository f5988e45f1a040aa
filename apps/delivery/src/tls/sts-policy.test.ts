import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isListed, parseStsPolicy } from './sts-policy.ts'
import { stsRecordId } from './sts-record.ts'

test('a record of the grammar has its id', () => {
  for (const [text, id] of [
    ['v=STSv1; id=20160831085700Z;', '20160831085700Z'],
    ['v=STSv1;id=1', '1'],
    ['v=STSv1 ; \tid=1 ; x-y.z_1=a:b ;', '1'],
    ['v=STSv1; id=1; id=2;', '1'],
    ['v=STSv1; a=b; id=1', '1'],
    [`v=STSv1; id=${'a'.repeat(32)};`, 'a'.repeat(32)],
  ] as const) {
    assert.equal(stsRecordId([text]), id, text)
    assert.equal(stsRecordId(['something else', text, 'v=spf1 -all']), id, text)
  }
})

test('several records, none, and one that is written wrongly mean that there is no policy', () => {
  const right = 'v=STSv1; id=1;'
  assert.equal(stsRecordId([right, right]), undefined)
  assert.equal(stsRecordId([]), undefined)
  for (const text of [
    'v=STSv1;',
    'v=STSv1',
    'v=STSv2; id=1;',
    'V=STSv1; id=1;',
    ' v=STSv1; id=1;',
    'v=STSv1; ID=1;',
    'v=STSv1; id=;',
    'v=STSv1; id=a-b;',
    `v=STSv1; id=${'a'.repeat(33)};`,
    'v=STSv1;; id=1;',
    'v=STSv1; id=1;;',
    'v=STSv1; id=1; x;',
    'v=STSv1; id=1; =x;',
    'v=STSv1; id=1; x=a b;',
    'v=STSv1; id=1; _x=a;',
    'v=STSv1; id=1; x=é;',
  ]) {
    assert.equal(stsRecordId([text]), undefined, text)
  }
})

const parse = (...lines: readonly string[]) => parseStsPolicy(Buffer.from(lines.join('\r\n')))
const usual = ['version: STSv1', 'mode: enforce', 'mx: mx.a.test', 'max_age: 86400']

test('a policy of the grammar is read', () => {
  const parsed = parse(...usual, 'mx:*.B.test  ', 'mode: none', 'max_age: 5', 'later: yes, é', '')
  assert.deepEqual(parsed, {
    ok: true,
    policy: {
      mode: 'enforce',
      mx: ['mx.a.test', '*.b.test'],
      maxAgeSeconds: 86_400,
      lines: [...usual, 'mx:*.B.test  ', 'mode: none', 'max_age: 5', 'later: yes, é'],
    },
  })
  const bare = parseStsPolicy(Buffer.from('version: STSv1\nmode: none\nmax_age: 9999999999\n'))
  assert.ok(bare.ok)
  assert.deepEqual([bare.policy.maxAgeSeconds, bare.policy.mx], [31_557_600, []])
})

test('one that is written wrongly is no policy', () => {
  for (let at = 0; at < usual.length; at += 1) assert.ok(!parse(...usual.toSpliced(at, 1)).ok)
  const without = (name: string) => usual.filter((line) => !line.startsWith(name))
  for (const lines of [
    ['version: STSv2', ...without('version')],
    ['Version: STSv1', ...without('version')],
    [...without('mode'), 'mode: Enforce'],
    [...without('max_age'), 'max_age: 1d'],
    [...without('max_age'), 'max_age: 12345678901'],
    [...without('max_age'), 'max_age: -1'],
    [...usual, 'mx: *'],
    [...usual, 'mx: *.*.a.test'],
    [...usual, 'mx: mx.*.test'],
    [...usual, 'mx: mx_1.a.test'],
    [...usual, 'mx: mx.a.test.'],
    [...usual, 'mx: .a.test'],
    [...usual, 'mx:'],
    [...usual, '', 'x: y'],
    [...usual, ' x: y'],
    [...usual, 'no field'],
    [...usual, 'x: a\tb\x01'],
    ['<html>'],
    [''],
  ]) {
    assert.ok(!parse(...lines).ok, lines.join('|'))
  }
  assert.ok(!parseStsPolicy(Buffer.from([0xff, 0xfe])).ok)
  assert.ok(!parseStsPolicy(Buffer.from(`\ufeff${usual.join('\n')}`)).ok)
})

test('a pattern stands for one label, the first', () => {
  const policy = { mx: ['mx.a.test', '*.b.test'] }
  for (const [host, listed] of [
    ['mx.a.test', true],
    ['MX.A.test.', true],
    ['x.mx.a.test', false],
    ['a.test', false],
    ['one.b.test', true],
    ['one.two.b.test', false],
    ['b.test', false],
    ['.b.test', false],
    ['oneb.test', false],
    ['*.b.test', true],
  ] as const) {
    assert.equal(isListed(policy, host), listed, host)
  }
})

test('whatever it is fed, reading a policy ends and says what is wrong', () => {
  const text = Buffer.from([...usual, ''].join('\r\n'))
  for (let at = 0; at < text.length; at += 1) {
    const cut = parseStsPolicy(text.subarray(0, at))
    assert.ok(cut.ok || cut.because !== '')
    const changed = Buffer.from(text)
    changed[at] = (changed[at] ?? 0) ^ 0x80
    parseStsPolicy(changed)
  }
  const spaces = Buffer.from(`version:a${' '.repeat(65_000)}b\n${' '.repeat(65_000)}x`)
  const began = process.cpuUsage().user
  parseStsPolicy(spaces)
  assert.ok(process.cpuUsage().user - began < 5_000_000, 'it takes long over spaces')
})

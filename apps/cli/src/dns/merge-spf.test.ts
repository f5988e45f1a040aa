import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSpf, mergeSpf } from './merge-spf.ts'

test('an SPF record lets us send, too, and stays one', () => {
  const us = ['203.0.113.7', '2001:db8::7']
  for (const [texts, merged] of [
    [['v=spf1 include:_spf.old.test ~all'], 'v=spf1 mx include:_spf.old.test ~all'],
    [['v=spf1 -all'], 'v=spf1 mx -all'],
    [['v=spf1 mx -all'], 'v=spf1 ip4:203.0.113.7 ip6:2001:db8::7 mx -all'],
    [
      ['v=spf1 include:a.test -all', 'v=spf1 include:b.test ~all'],
      'v=spf1 mx include:a.test include:b.test ~all',
    ],
    [['v=spf1 redirect=b.test'], 'v=spf1 mx redirect=b.test'],
    [['v=spf1'], 'v=spf1 mx ~all'],
  ] as const) {
    assert.equal(mergeSpf(texts, us), merged)
    assert.ok(isSpf(merged))
  }
  assert.equal(isSpf('v=spf10 mx'), false)
})

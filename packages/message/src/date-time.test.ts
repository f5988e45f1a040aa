import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatDateTime, parseDateTime } from './date-time.ts'

function parsed(value: string): string | undefined {
  const date = parseDateTime(value)
  return date && `${date.instant.toISOString().replace('.000Z', 'Z')} ${date.day}`
}

test('the forms of RFC 5322', () => {
  assert.equal(parsed('Fri, 21 Nov 1997 09:55:06 -0600'), '1997-11-21T15:55:06Z 1997-11-21')
  assert.equal(parsed('21 Nov 1997 09:55 +0000'), '1997-11-21T09:55:00Z 1997-11-21')
  assert.equal(
    parsed('Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)'),
    '1969-02-14T03:02:00Z 1969-02-13',
  )
  assert.equal(parsed('Sat, 31 Dec 2016 23:59:60 +0000'), '2017-01-01T00:00:00Z 2016-12-31')
})

test('the obsolete forms', () => {
  assert.equal(parsed('21 Nov 97 09:55:06 GMT'), '1997-11-21T09:55:06Z 1997-11-21')
  assert.equal(parsed('1 Jan 49 00:00 EST'), '2049-01-01T05:00:00Z 2049-01-01')
  assert.equal(parsed('1 Jan 103 00:00 PDT'), '2003-01-01T07:00:00Z 2003-01-01')
  assert.equal(parsed('Fri, 21 (a (b)) Nov 1997(c)09:55:06 Z'), '1997-11-21T09:55:06Z 1997-11-21')
  assert.equal(parsed('21 Nov 1997 09:55:06 A'), '1997-11-21T09:55:06Z 1997-11-21')
})

test('what is met besides', () => {
  assert.equal(parsed('Fri Nov 21 09:55:06 1997'), '1997-11-21T09:55:06Z 1997-11-21')
  assert.equal(parsed('Monday, 1-Jul-03 10:52:37 GMT'), '2003-07-01T10:52:37Z 2003-07-01')
  assert.equal(parsed('1 July 2003 10:52'), '2003-07-01T10:52:00Z 2003-07-01')
  assert.equal(parsed('2003-07-01T10:52:37+02:00'), '2003-07-01T08:52:37Z 2003-07-01')
  assert.equal(parsed('Sat, 24 Mar 2007 23:00:00 +02:00'), '2007-03-24T21:00:00Z 2007-03-24')
})

test('no such day or time is no date', () => {
  for (const text of [
    '',
    'yesterday',
    '31 Feb 2003 10:00 +0000',
    '1 Jul 2003 24:00 +0000',
    '1 Jul 2003',
    '1 Foo 2003 10:00',
    '0 Jul 2003 10:00',
    '('.repeat(1000),
  ]) {
    assert.equal(parsed(text), undefined)
  }
})

test('a formatted date reads as itself', () => {
  assert.equal(formatDateTime(new Date('2003-07-01T10:52:37Z')), 'Tue, 01 Jul 2003 10:52:37 +0000')
  const dates = fc.date({
    min: new Date('1900-01-01'),
    max: new Date('9999-12-31'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(dates, (date) => {
      const seconds = Math.floor(date.getTime() / 1000) * 1000
      assert.equal(parseDateTime(formatDateTime(date))?.instant.getTime(), seconds)
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { date, dateTime, formatDate, formatDateTime } from './dates.ts'
import { parseAll } from './testing/segments.ts'

fc.configureGlobal({ seed: 20260101 })

const read = (text: string): string => parseAll(`"${text}"`, dateTime).toISOString()

test('a date-time is read with its zone', () => {
  assert.equal(read('17-Jul-1996 02:44:25 -0700'), '1996-07-17T09:44:25.000Z')
  assert.equal(read(' 7-jul-1996 02:44:25 +0530'), '1996-07-06T21:14:25.000Z')
  assert.equal(read('31-Dec-2016 23:59:60 +0000'), '2017-01-01T00:00:00.000Z')
  assert.equal(read('29-Feb-2024 00:00:00 +0000'), '2024-02-29T00:00:00.000Z')
  assert.equal(read('01-Jan-0001 00:00:00 +0000'), '0001-01-01T00:00:00.000Z')
})

test('days that do not exist are refused', () => {
  for (const text of ['29-Feb-2026', '31-Apr-2026', '00-Jan-2026', '32-Jan-2026']) {
    assert.throws(() => parseAll(`"${text} 00:00:00 +0000"`, dateTime), /no such day/)
    assert.throws(() => parseAll(text, date), /no such day/)
  }
})

test('a date is midnight UTC, quoted or not', () => {
  assert.equal(parseAll('1-Feb-1994', date).toISOString(), '1994-02-01T00:00:00.000Z')
  assert.equal(parseAll('"01-FEB-1994"', date).toISOString(), '1994-02-01T00:00:00.000Z')
})

test('what is written is read again', () => {
  const dates = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(dates, (value) => {
      const seconds = Math.floor(value.getTime() / 1000) * 1000
      assert.equal(parseAll(formatDateTime(value), dateTime).getTime(), seconds)
      const day = Math.floor(value.getTime() / 86_400_000) * 86_400_000
      assert.equal(parseAll(formatDate(value), date).getTime(), day)
    }),
  )
})

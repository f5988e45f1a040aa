import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseFuture, parseMoment, parseSize } from './parse-quantity.ts'

const now = new Date('2026-03-10T12:00:00Z')

test('moments are ages or dates, in UTC', () => {
  const known = [
    ['90m', '2026-03-10T10:30:00.000Z'],
    ['12h', '2026-03-10T00:00:00.000Z'],
    ['3d', '2026-03-07T12:00:00.000Z'],
    ['2w', '2026-02-24T12:00:00.000Z'],
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31 08:15', '2026-01-31T08:15:00.000Z'],
    ['2026-01-31T08:15:30Z', '2026-01-31T08:15:30.000Z'],
  ] as const
  for (const [text, moment] of known) {
    assert.equal(parseMoment(text, now)?.toISOString(), moment, text)
  }
  for (const text of ['', 'yesterday', '3', '3y', '2026-13-01', '31.1.2026']) {
    assert.equal(parseMoment(text, now), undefined, text)
  }
})

test('times are counted in units, and lead into the future', () => {
  const known = [
    ['30m', 1_800],
    ['1h', 3_600],
    ['7d', 604_800],
    ['1y', 31_536_000],
  ] as const
  for (const [text, seconds] of known) assert.equal(parseDuration(text), seconds, text)
  for (const text of ['', '0h', '1', '1s', '-1h', '1.5h', 'h']) {
    assert.equal(parseDuration(text), undefined, text)
  }
  assert.equal(parseFuture('1d', now)?.toISOString(), '2026-03-11T12:00:00.000Z')
  assert.equal(parseFuture('2026-03-11', now)?.toISOString(), '2026-03-11T00:00:00.000Z')
  for (const text of ['2026-03-10', '0d', 'never']) assert.equal(parseFuture(text, now), undefined)
})

test('sizes are octets, with the units people use', () => {
  const known = [
    ['0', 0],
    ['1000', 1000],
    ['500M', 524_288_000],
    ['1.5g', 1_610_612_736],
    ['2GiB', 2_147_483_648],
    ['10kb', 10_240],
  ] as const
  for (const [text, bytes] of known) assert.equal(parseSize(text), bytes, text)
  for (const text of ['', '-1', '5X', 'G', '1e9']) assert.equal(parseSize(text), undefined, text)
})

import type { Cursor } from './cursor.ts'
import { digit } from './octet-class.ts'

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const monthNames = months.map((name) => name.charAt(0) + name.slice(1).toLowerCase())
const dquote = 0x22
const dash = 0x2d
const sp = 0x20
const colon = 0x3a

/**
 * `date = date-text / DQUOTE date-text DQUOTE`, `date-text = 1*2DIGIT "-" month "-" 4DIGIT`
 * (RFC 3501 §9): that day's midnight in UTC.
 */
export function date(c: Cursor): Date {
  const isQuoted = c.accept(dquote)
  const day = number(c, 1, 2)
  const value = calendarDay(c, day)
  if (isQuoted) c.expect(dquote, 'a closing quote')
  return new Date(value)
}

/**
 * `date-time = DQUOTE date-day-fixed "-" month "-" 4DIGIT SP time SP zone DQUOTE`,
 * `date-day-fixed = (SP DIGIT) / 2DIGIT` (RFC 3501 §9).
 */
export function dateTime(c: Cursor): Date {
  c.expect(dquote, 'a quoted date-time')
  const day = c.accept(sp) ? number(c, 1, 1) : number(c, 2, 2)
  const midnight = calendarDay(c, day)
  c.expect(sp, 'a space')
  const hours = bounded(c, 23)
  c.expect(colon, '":"')
  const minutes = bounded(c, 59)
  c.expect(colon, '":"')
  // 60: a leap second, which becomes the next minute's first.
  const seconds = bounded(c, 60)
  c.expect(sp, 'a space')
  const offset = zone(c)
  c.expect(dquote, 'a closing quote')
  return new Date(midnight + ((hours * 60 + minutes - offset) * 60 + seconds) * 1000)
}

/** True when a `date-time` comes next. */
export function startsDateTime(c: Cursor): boolean {
  return c.peek() === dquote
}

/** `"-" month "-" 4DIGIT` after the day: milliseconds of midnight UTC. */
function calendarDay(c: Cursor, day: number): number {
  c.expect(dash, '"-"')
  const name = String.fromCharCode(...[c.next(), c.next(), c.next()].map((o) => Math.max(o, 0)))
  const month = months.indexOf(name.toUpperCase())
  if (month < 0) c.fail('expected the name of a month')
  c.expect(dash, '"-"')
  const year = number(c, 4, 4)
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  const value = new Date(0)
  value.setUTCFullYear(year, month, day)
  if (value.getUTCMonth() !== month || value.getUTCDate() !== day) c.fail('no such day')
  return value.getTime()
}

/** `zone = ("+" / "-") 4DIGIT`, in minutes east of Greenwich. */
function zone(c: Cursor): number {
  const isWest = c.accept(dash)
  if (!isWest) c.expect(0x2b, 'a time zone')
  const hhmm = number(c, 4, 4)
  const minutes = Math.floor(hhmm / 100) * 60 + (hhmm % 100)
  if (hhmm % 100 > 59 || hhmm > 2400) c.fail('no such time zone')
  return isWest ? -minutes : minutes
}

function bounded(c: Cursor, max: number): number {
  const value = number(c, 2, 2)
  if (value > max) c.fail('no such time of day')
  return value
}

function number(c: Cursor, minDigits: number, maxDigits: number): number {
  const text = c.run(digit)
  if (text.length < minDigits || text.length > maxDigits) c.fail('malformed date')
  return Number(text)
}

/** INTERNALDATE as sent, in UTC: `"17-Jul-2026 02:44:25 +0000"`, quotes included. */
export function formatDateTime(value: Date): string {
  const day = pad(value.getUTCDate(), ' ')
  const time = [value.getUTCHours(), value.getUTCMinutes(), value.getUTCSeconds()]
  return `"${day}-${monthAndYear(value)} ${time.map((part) => pad(part, '0')).join(':')} +0000"`
}

/** `date-text`: `1-Feb-1994`. */
export function formatDate(value: Date): string {
  return `${value.getUTCDate()}-${monthAndYear(value)}`
}

function monthAndYear(value: Date): string {
  const year = Math.min(Math.max(value.getUTCFullYear(), 0), 9999)
  return `${monthNames[value.getUTCMonth()] ?? 'Jan'}-${String(year).padStart(4, '0')}`
}

function pad(part: number, fill: string): string {
  return String(part).padStart(2, fill)
}

import { FieldLexer } from './field-lexer.ts'

/** A parsed Date field. */
export interface DateTime {
  readonly instant: Date
  /** The calendar day as written, in the sender's own zone: `YYYY-MM-DD`. */
  readonly day: string
}

/** `Tue, 01 Jul 2003 10:52:37 +0000` (RFC 5322 §3.3), always in UTC. */
export function formatDateTime(date: Date): string {
  const day = DAYS[date.getUTCDay()] ?? ''
  const month = MONTH_NAMES[date.getUTCMonth()] ?? ''
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${day}, ${two(date.getUTCDate())} ${month} ${date.getUTCFullYear()} ${clock} +0000`
}

/**
 * Reads a date (RFC 5322 §3.3) with the obsolete forms of §4.3 (short years, zone names, comments
 * anywhere) and what is met besides: no or a wrong day name, month before day, no seconds, no zone
 * (taken as UTC), ISO 8601. Undefined when there is no such day or time.
 */
export function parseDateTime(value: string): DateTime | undefined {
  const text = withoutComments(value.slice(0, MAX_LENGTH))
  const iso = ISO.exec(text)
  if (iso !== null) {
    const [, year = '', month = '', day = '', clock = '', zone = ''] = iso
    return build({ year: Number(year), month: Number(month), day: Number(day), clock, zone })
  }
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  if (words[0] !== undefined && DAY_NAME.test(words[0])) words.shift()
  return fromWords(words)
}

interface Written {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly clock: string
  readonly zone: string
}

/** `1 Jul 2003 10:52 +0200`, `Jul 1 10:52 2003`, `Jul 1 2003 10:52`, `1-Jul-03 10:52`. */
function fromWords(words: string[]): DateTime | undefined {
  const dashed = /^(\d{1,2})-([a-z]{3,9})-(\d{2,4})$/i.exec(words[0] ?? '')
  const all = dashed === null ? words : [...dashed.slice(1), ...words.slice(1)]
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = all
  const isDayFirst = DIGITS.test(first)
  const isClockThird = third.includes(':')
  const year = isClockThird ? fourth : third
  if (!DIGITS.test(isDayFirst ? first : second) || !DIGITS.test(year)) return undefined
  return build({
    year: fullYear(year),
    month: MONTHS.indexOf((isDayFirst ? second : first).slice(0, 3).toLowerCase()) + 1,
    day: Number(isDayFirst ? first : second),
    clock: isClockThird ? third : fourth,
    zone: fifth,
  })
}

/** Two digits: 2000 to 2049 or 1950 to 1999; three digits: since 1900 (RFC 5322 §4.3). */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 2) return year < 50 ? year + 2000 : year + 1900
  return text.length === 3 ? year + 1900 : year
}

function build({ year, month, day, clock, zone }: Written): DateTime | undefined {
  const time = CLOCK.exec(clock)
  if (time === null || year < 1900 || year > 9999 || month < 1 || month > 12) return undefined
  const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)]
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 60) return undefined
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  const instant = new Date(local - offsetMinutes(zone) * 60_000)
  return { instant, day: `${year}-${two(month)}-${two(day)}` }
}

/** Unknown and military zones mean `-0000` (RFC 5322 §4.3). */
function offsetMinutes(zone: string): number {
  const numeric = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  if (numeric === null) return (ZONES.get(zone.toLowerCase()) ?? 0) * 60
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3])
  return numeric[1] === '-' ? -minutes : minutes
}

function withoutComments(text: string): string {
  if (!text.includes('(')) return text
  const lexer = new FieldLexer(text)
  const pieces: string[] = []
  while (!lexer.atEnd) {
    pieces.push(lexer.takeWhile((code) => code !== OPEN && code !== SPACE))
    lexer.skipCfws()
  }
  return pieces.join(' ')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const OPEN = 40
const SPACE = 32
/** Longer than any date; what follows is not looked at. */
const MAX_LENGTH = 256
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MONTH_NAMES = MONTHS.map((name) => name.charAt(0).toUpperCase() + name.slice(1))
const DAY_NAME = /^(sun|mon|tue|wed|thu|fri|sat)[a-z]*\.?$/i
const DIGITS = /^\d{1,4}$/
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/
const ISO = /^\s*(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(\S*)/i
/** Hours east of UTC of the zone names of RFC 5322 §4.3. */
const ZONES = new Map([
  ['edt', -4],
  ['est', -5],
  ['cdt', -5],
  ['cst', -6],
  ['mdt', -6],
  ['mst', -7],
  ['pdt', -7],
  ['pst', -8],
])

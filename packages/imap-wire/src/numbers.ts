import type { Cursor } from './cursor.ts'
import { digit } from './octet-class.ts'

/** Largest `number` of RFC 3501: unsigned 32 bits. */
export const maxNumber = 4_294_967_295
/** Largest mod-sequence value: 63 bits (RFC 7162 §7). */
export const maxModSequence = 9_223_372_036_854_775_807n

/** `number = 1*DIGIT`, 0 to 2^32-1 (RFC 3501 §9). */
export function number(c: Cursor): number {
  const text = digits(c)
  const value = Number(text)
  if (value > maxNumber) c.fail('number out of range')
  return value
}

/** `nz-number = digit-nz *DIGIT`, 1 to 2^32-1: no leading zero. */
export function nzNumber(c: Cursor): number {
  const start = c.mark()
  const text = digits(c)
  if (text.startsWith('0')) {
    c.reset(start)
    c.fail('expected a number above zero')
  }
  const value = Number(text)
  if (value > maxNumber) c.fail('number out of range')
  return value
}

/** `mod-sequence-valzer`, 0 to 2^63-1 (RFC 7162 §7). */
export function modSequence(c: Cursor): bigint {
  const text = digits(c)
  const value = text.length > 19 ? maxModSequence + 1n : BigInt(text)
  if (value > maxModSequence) c.fail('mod-sequence out of range')
  return value
}

function digits(c: Cursor): string {
  const text = c.run(digit)
  if (text === '') c.fail('expected a number')
  return text
}

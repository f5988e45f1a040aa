import type { Cursor } from './cursor.ts'
import { digit } from './octet-class.ts'

/** Largest `number` of RFC 3501: unsigned 32 bits. */
export const maxNumber = 4_294_967_295
/** Largest mod-sequence value that a client may send: 63 bits (RFC 7162 §7). */
const maxModSequence = 9_223_372_036_854_775_807n

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

/**
 * `mod-sequence-valzer`, 0 to 2^63-1 (RFC 7162 §7), also where the grammar asks for one above 0.
 *
 * QUIRK: clients that know nothing of a mailbox yet send `CHANGEDSINCE 0`; Dovecot and Cyrus take it.
 *
 * No mailbox gets beyond 2^53-1: what is above is read as that.
 */
export function modSequence(c: Cursor): number {
  const text = digits(c)
  if (text.length > 19 || BigInt(text) > maxModSequence) c.fail('mod-sequence out of range')
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}

function digits(c: Cursor): string {
  const text = c.run(digit)
  if (text === '') c.fail('expected a number')
  return text
}

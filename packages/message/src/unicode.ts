import { isUtf8 } from 'node:buffer'

/** Undeclared 8-bit text: UTF-8 if it is that, else windows-1252, which Latin-1 senders mean. */
export function guessText(octets: Buffer): string {
  return isUtf8(octets) ? octets.toString('utf8') : WINDOWS_1252.decode(octets)
}

/** An octet string (one character per octet) read the same way. */
export function guessOctetString(text: string): string {
  return ASCII.test(text) ? text : guessText(Buffer.from(text, 'latin1'))
}

/** What a text column can hold: well-formed Unicode without NUL. */
export function cleanText(text: string): string {
  const whole = text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole
}

/** The first `length` UTF-16 units, without half a surrogate pair at the end. */
export function capText(text: string, length: number): string {
  if (text.length <= length) return text
  const code = text.charCodeAt(length - 1)
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? length - 1 : length)
}

const WINDOWS_1252 = new TextDecoder('windows-1252')
const ASCII = /^[\0-\x7f]*$/

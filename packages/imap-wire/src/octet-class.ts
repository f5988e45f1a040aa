/** Character classes of RFC 3501 §9, as bits: `(octetClass[octet] & atomChar) !== 0`. */
export const atomChar = 1
/** `ASTRING-CHAR = ATOM-CHAR / resp-specials`. */
export const astringChar = 2
/** `list-char = ATOM-CHAR / list-wildcards / resp-specials`. */
export const listChar = 4
/** What a tag is made of: `<any ASTRING-CHAR except "+">`. */
export const tagChar = 8
/** Letters, digits, `.` and `-`: names of fetch items, search keys, options. */
export const wordChar = 16
/** `DIGIT`. */
export const digit = 32
/** Base64 and its padding. */
export const base64Char = 64

/** Class bits of each octet. */
export const octetClass: Uint8Array = buildTable()

function buildTable(): Uint8Array {
  const table = new Uint8Array(256)
  for (let octet = 0x21; octet < 0x7f; octet += 1) table[octet] = classOf(octet)
  return table
}

function classOf(octet: number): number {
  const char = String.fromCharCode(octet)
  let bits = 0
  // atom-specials besides SP and CTL; "]" is a resp-special.
  const isAtom = !'(){%*"\\]'.includes(char)
  if (isAtom) bits |= atomChar
  if (isAtom || char === ']') bits |= astringChar
  if (isAtom || '%*]'.includes(char)) bits |= listChar
  if ((isAtom || char === ']') && char !== '+') bits |= tagChar
  if (/[A-Za-z0-9.-]/.test(char)) bits |= wordChar
  if (/[0-9]/.test(char)) bits |= digit
  if (/[A-Za-z0-9+/=]/.test(char)) bits |= base64Char
  return bits
}

/** One DER value (X.690 §8, §10): tag, length in the shortest form, content. */
export function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(body.length)]), body])
}

/** SEQUENCE. */
export function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, ...items)
}

/** SET of one. */
export function setOf(item: Buffer): Buffer {
  return der(0x31, item)
}

/** INTEGER from octets of a positive number, most significant first. */
export function integer(octets: Buffer): Buffer {
  const negative = ((octets[0] ?? 0) & 0x80) !== 0
  return der(0x02, negative ? Buffer.concat([Buffer.from([0]), octets]) : octets)
}

/** BOOLEAN TRUE. */
export const yes: Buffer = der(0x01, Buffer.from([0xff]))

/** OCTET STRING. */
export function octetString(content: Buffer): Buffer {
  return der(0x04, content)
}

/** BIT STRING; `unused` bits at its end do not count. */
export function bitString(content: Buffer, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), content)
}

/** UTF8String. */
export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'))
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime after. */
export function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '')
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : der(0x18, Buffer.from(digits, 'latin1'))
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256)
  return [0x80 | octets.length, ...octets]
}

function base128(value: number): number[] {
  const octets = [value % 128]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) {
    octets.unshift((left % 128) | 0x80)
  }
  return octets
}

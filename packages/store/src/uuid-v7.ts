import { randomBytes } from 'node:crypto'

/** Crockford's alphabet: no I, L, O, U. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const values: ReadonlyMap<string, number> = new Map(
  Array.from(digits)
    .map((digit, value): [string, number] => [digit, value])
    .concat([
      ['I', 1],
      ['L', 1],
      ['O', 0],
    ]),
)

let lastMs = 0
let counter = 0

/**
 * A new UUIDv7 (RFC 9562 §5.7) as lower-case text. Ids of one process ascend: 12 bits after the time are a counter
 * (method 1 of §6.2) that starts at a random value every millisecond; 62 bits are random.
 */
export function newUuid(): string {
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    counter = randomBytes(2).readUInt16BE() & 0x7ff
  } else if (++counter > 0xfff) {
    lastMs++
    counter = 0
  }
  const octets = randomBytes(16)
  octets.writeUIntBE(lastMs, 0, 6)
  octets.writeUInt16BE(0x7000 | counter, 6)
  octets[8] = 0x80 | ((octets[8] ?? 0) & 0x3f)
  return textOf(octets.toString('hex'))
}

/** How people see an id: 26 characters of Crockford base32, upper case, in the order of the UUIDs. */
export function uuidToBase32(uuid: string): string {
  let rest = BigInt(`0x${uuid.replaceAll('-', '')}`)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = (digits[Number(rest & 31n)] ?? '') + text
    rest >>= 5n
  }
  return text
}

/** Reads what `uuidToBase32` wrote, in either case and with the usual slips (O for 0, I and L for 1); a UUID passes too. */
export function uuidFromBase32(text: string): string | undefined {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase()
  if (text.length !== 26) return undefined
  let hex = ''
  let group = 0
  // 130 bits for 128: the first digit is below 8. Two digits are two of hex, then every four are five.
  for (const [i, character] of Array.from(text.toUpperCase()).entries()) {
    const value = values.get(character)
    if (value === undefined || (i === 0 && value > 7)) return undefined
    group = group * 32 + value
    if (i % 4 !== 1) continue
    hex += group.toString(16).padStart(i === 1 ? 2 : 5, '0')
    group = 0
  }
  return textOf(hex)
}

/** When a UUIDv7 was made, in milliseconds since 1970. */
export function uuidMadeMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 13).replace('-', ''), 16)
}

function textOf(hex: string): string {
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ]
  return parts.join('-')
}

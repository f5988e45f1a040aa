import { plainName } from '../names.ts'

/** Classes in updates (RFC 2136 §2.4, §2.5). */
export const CLASS = { IN: 1, NONE: 254, ANY: 255 } as const

/** Record types of an update. */
export const TYPE = { SOA: 6, TXT: 16, TSIG: 250 } as const

/** A name on the wire, lower case and without compression (RFC 8945 §4.3.3 wants it so). */
export function wireName(name: string): Buffer {
  const labels = plainName(name)
    .split('.')
    .filter((label) => label !== '')
    .map((label) => {
      const octets = Buffer.from(label, 'latin1')
      return Buffer.concat([Buffer.of(octets.length), octets])
    })
  return Buffer.concat([...labels, Buffer.of(0)])
}

/** Two octets. */
export function u16(value: number): Buffer {
  const octets = Buffer.alloc(2)
  octets.writeUInt16BE(value)
  return octets
}

/** Four octets. */
export function u32(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** A resource record (RFC 1035 §4.1.3). */
export function wireRecord(
  name: string,
  type: number,
  klass: number,
  ttl: number,
  data: Buffer,
): Buffer {
  return Buffer.concat([wireName(name), u16(type), u16(klass), u32(ttl), u16(data.length), data])
}

/** A TXT record's data: one string (RFC 1035 §3.3.14). */
export function wireText(text: string): Buffer {
  const octets = Buffer.from(text)
  if (octets.length > 255) throw new RangeError('a text of more than 255 octets')
  return Buffer.concat([Buffer.of(octets.length), octets])
}

/**
 * Where the last record of a message begins.
 *
 * @throws RangeError for a message that ends within a record
 */
export function lastRecordAt(message: Buffer): number {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) =>
    message.readUInt16BE(at),
  )
  let at = 12
  for (let i = 0; i < (questions ?? 0); i++) at = afterName(message, at) + 4
  const records = (answers ?? 0) + (authorities ?? 0) + (additionals ?? 0)
  let last = at
  for (let i = 0; i < records; i++) {
    last = at
    const fixed = afterName(message, at)
    at = fixed + 10 + message.readUInt16BE(fixed + 8)
  }
  if (records === 0 || at !== message.length) throw new RangeError('not a whole message')
  return last
}

/** Behind a name, compressed or not. */
export function afterName(message: Buffer, from: number): number {
  let at = from
  for (;;) {
    const length = message.readUInt8(at)
    if (length >= 0xc0) return at + 2
    at += 1 + length
    if (length === 0) return at
  }
}

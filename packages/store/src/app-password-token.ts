import { createHash, createHmac, randomBytes } from 'node:crypto'

/** RFC 4648 §6 in lower case: no digit that looks like a letter of it (0, 1, 8 are missing). */
const digits = 'abcdefghijklmnopqrstuvwxyz234567'

const secretOctets = 16
/** 128 bits of secret and 12 of check make 28 characters. */
const characters = 28
const group = 4

/** A new app password's secret: 128 random bits. */
export function newTokenSecret(): Buffer {
  return randomBytes(secretOctets)
}

/**
 * The secret as it is shown: seven groups of four, `abcd-efgh-…`. The last twelve bits are a check, so that a password of a
 * person's own choice is not taken for one, and a slip is known without asking anybody.
 */
export function formatToken(secret: Buffer): string {
  const number = (BigInt(`0x${secret.toString('hex')}`) << 12n) | BigInt(checkOf(secret))
  const text = Array.from({ length: characters }, (_, i) => {
    return digits.charAt(Number((number >> BigInt(5 * (characters - 1 - i))) & 31n))
  }).join('')
  return text.match(new RegExp(`.{${group}}`, 'g'))?.join('-') ?? text
}

/** Reads what `formatToken` wrote, in either case, with or without its hyphens or with spaces. Undefined: no app password. */
export function readToken(text: string): Buffer | undefined {
  if (text.length < characters || text.length > 2 * characters) return undefined
  const plain = text.replaceAll(/[-\s]/g, '').toLowerCase()
  if (plain.length !== characters || !/^[a-z2-7]+$/.test(plain)) return undefined
  const number = Array.from(plain).reduce(
    (value, digit) => (value << 5n) | BigInt(digits.indexOf(digit)),
    0n,
  )
  const hex = (number >> 12n).toString(16).padStart(2 * secretOctets, '0')
  const secret = Buffer.from(hex, 'hex')
  return checkOf(secret) === Number(number & 0xfffn) ? secret : undefined
}

/** What is kept of a secret. */
export function hashToken(secret: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(secret).digest()
}

function checkOf(secret: Buffer): number {
  return (
    createHash('sha256').update('posthouse app password').update(secret).digest().readUInt16BE() >>
    4
  )
}

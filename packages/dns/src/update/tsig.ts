import { createHmac, timingSafeEqual } from 'node:crypto'
import { afterName, CLASS, lastRecordAt, TYPE, u16, u32, wireName, wireRecord } from './wire.ts'

/** The algorithms that are used; those on MD5 and SHA-1 are not (RFC 8945 §6). */
export const tsigAlgorithms = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const

/** A key shared with a server (RFC 8945). */
export interface TsigKey {
  readonly name: string
  readonly algorithm: (typeof tsigAlgorithms)[number]
  readonly secret: Buffer
}

/** RFC 8945 §10: how far the clocks may be apart. */
const fudgeSeconds = 300

/** A message with its signature; the MAC is what the reply is checked with. */
export interface SignedMessage {
  readonly octets: Buffer
  readonly mac: Buffer
}

/** Signs a request (RFC 8945 §4.3, §5.1). */
export function signMessage(message: Buffer, key: TsigKey, at: Date = new Date()): SignedMessage {
  const time = timeOf(at)
  const fixed = Buffer.concat([time, u16(fudgeSeconds)])
  const mac = digest(key, [message, ...variables(key, fixed, u16(0), Buffer.alloc(0))])
  const id = message.subarray(0, 2)
  const data = Buffer.concat([
    wireName(key.algorithm),
    fixed,
    u16(mac.length),
    mac,
    id,
    u16(0),
    u16(0),
  ])
  const record = wireRecord(key.name, TYPE.TSIG, CLASS.ANY, 0, data)
  const octets = Buffer.concat([message, record])
  octets.writeUInt16BE(octets.readUInt16BE(10) + 1, 10)
  return { octets, mac }
}

/** What a reply's signature says: nothing where it is right, otherwise why it is not. */
export function faultOfReply(reply: Buffer, requestMac: Buffer, key: TsigKey): string | undefined {
  try {
    return checkReply(reply, requestMac, key)
  } catch {
    return 'a reply that cannot be read'
  }
}

function checkReply(reply: Buffer, requestMac: Buffer, key: TsigKey): string | undefined {
  const start = lastRecordAt(reply)
  const fixed = afterName(reply, start)
  const isFromKey = reply.subarray(start, fixed).equals(wireName(key.name))
  if (reply.readUInt16BE(fixed) !== TYPE.TSIG || !isFromKey) return 'a reply without a signature'
  const times = afterName(reply, fixed + 10)
  const macAt = times + 10
  const rest = macAt + reply.readUInt16BE(times + 8)
  const error = reply.readUInt16BE(rest + 2)
  // RFC 8945 §5.3.2: with these errors the reply is not signed.
  if (error === 16) return `the server does not know the signature (BADSIG): is the secret right?`
  if (error === 17) return `the server does not know the key ${key.name} (BADKEY)`
  const bare = Buffer.from(reply.subarray(0, start))
  bare.writeUInt16BE(bare.readUInt16BE(10) - 1, 10)
  reply.copy(bare, 0, rest, rest + 2)
  const other = reply.subarray(rest + 6)
  const fixedTimes = reply.subarray(times, times + 8)
  const mac = digest(key, [
    u16(requestMac.length),
    requestMac,
    bare,
    ...variables(key, fixedTimes, u16(error), other),
  ])
  const given = reply.subarray(macAt, rest)
  if (given.length !== mac.length || !timingSafeEqual(given, mac))
    return 'a reply whose signature is wrong'
  if (error === 18) return `our clock and the server's are apart (BADTIME)`
  return error === 0 ? undefined : `TSIG error ${error}`
}

/** RFC 8945 §4.3.3. `times`: time signed and fudge. */
function variables(key: TsigKey, times: Buffer, error: Buffer, other: Buffer): readonly Buffer[] {
  return [
    wireName(key.name),
    u16(CLASS.ANY),
    u32(0),
    wireName(key.algorithm),
    times,
    error,
    u16(other.length),
    other,
  ]
}

function digest({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const mac = createHmac(algorithm.slice('hmac-'.length), secret)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** 48 bits of seconds. */
function timeOf(at: Date): Buffer {
  const octets = Buffer.alloc(6)
  octets.writeUIntBE(Math.floor(at.getTime() / 1000), 0, 6)
  return octets
}

/**
 * Reads a key as other programs write it: `algorithm:name:secret` (nsupdate -y, keymgr), or a block `key "name" { algorithm …;
 * secret "…"; };` (tsig-keygen).
 *
 * @throws TypeError for anything else; its message holds nothing of the text
 */
export function parseTsigKey(text: string): TsigKey {
  const line = /^\s*([a-z0-9-]+):([^:\s]+):([A-Za-z0-9+/=]+)\s*$/.exec(text)
  const block = {
    algorithm: /\balgorithm\s*:?\s*"?([a-z0-9-]+)"?/i.exec(text)?.[1],
    name: /\b(?:key\s+"?|id\s*:\s*"?)([^"\s{;]+)/i.exec(text)?.[1],
    secret: /\bsecret\s*:?\s*"?([A-Za-z0-9+/=]+)"?/i.exec(text)?.[1],
  }
  const [, algorithmName = block.algorithm, name = block.name, secret = block.secret] = line ?? []
  const algorithm = tsigAlgorithms.find((each) => each === algorithmName?.toLowerCase())
  if (algorithm === undefined || name === undefined || secret === undefined) {
    throw new TypeError(
      `no TSIG key: algorithm:name:secret is wanted, with ${tsigAlgorithms.join(', ')}`,
    )
  }
  return { name, algorithm, secret: Buffer.from(secret, 'base64') }
}

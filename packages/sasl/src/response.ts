/** A line that a client sends within an exchange. */
export type SaslResponse =
  | { readonly kind: 'response'; readonly octets: Buffer }
  /** `*`: the client gives up (RFC 3501 §6.2.2, RFC 4954 §4, RFC 5034 §4). */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'malformed' }

/** Longest base64 line: RFC 4954 §4.3 wants 12,288 octets accepted. */
export const maxResponseOctets = 12_288

/** A response line without its CRLF. An empty line is an empty response. */
export function decodeResponse(line: Buffer | string): SaslResponse {
  const text = typeof line === 'string' ? line : line.toString('latin1')
  if (text === '*') return { kind: 'cancel' }
  const octets = decodeBase64(text)
  return octets === undefined ? { kind: 'malformed' } : { kind: 'response', octets }
}

/**
 * The initial response on the command line, where `=` stands for the empty one (RFC 4959 §3,
 * RFC 4954 §4, RFC 5034 §4). Cancelling is not possible here.
 */
export function decodeInitialResponse(argument: Buffer | string): SaslResponse {
  const text = typeof argument === 'string' ? argument : argument.toString('latin1')
  if (text === '=') return { kind: 'response', octets: Buffer.alloc(0) }
  const octets = text === '' ? undefined : decodeBase64(text)
  return octets === undefined ? { kind: 'malformed' } : { kind: 'response', octets }
}

/** A challenge as it goes on the wire, after `+ ` or `334 `. */
export function encodeChallenge(challenge: Buffer): string {
  return challenge.toString('base64')
}

/**
 * Base64 by the letter (RFC 4648 §3.2, §3.3, §3.5): padded, nothing outside the alphabet, no bits
 * left over. Node's decoder forgives all of that, so what it read is written again and compared.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length > maxResponseOctets || text.length % 4 !== 0) return undefined
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : undefined
}

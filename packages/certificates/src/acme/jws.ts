import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto'

/** The public half of a P-256 key (RFC 7517, RFC 7518 §6.2), its members in the order that the thumbprint wants. */
function jwkOf(key: KeyObject): Readonly<Record<string, string | undefined>> {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' })
  return { crv, kty, x, y }
}

/** RFC 7638. */
function thumbprint(key: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(jwkOf(key)))
    .digest('base64url')
}

/** The answer to a challenge's token (RFC 8555 §8.1). */
export function keyAuthorization(token: string, accountKey: KeyObject): string {
  return `${token}.${thumbprint(accountKey)}`
}

/** Its digest, as dns-01 publishes it and tls-alpn-01 shows it (RFC 8555 §8.4, RFC 8737 §3). */
export function answerDigest(answer: string): Buffer {
  return createHash('sha256').update(answer).digest()
}

/** What a request's signature is for. */
export interface JwsHeader {
  readonly url: string
  readonly nonce: string
  /** The account's URL; absent where there is none yet: the key itself stands there (RFC 8555 §6.2). */
  readonly kid?: string
}

/** A signed request: flattened JSON, ES256 (RFC 7515 §7.2.2, RFC 8555 §6.2). `payload`: absent for POST-as-GET. */
export function signedRequest(key: KeyObject, header: JwsHeader, payload?: unknown): string {
  const { url, nonce, kid } = header
  const identity = kid === undefined ? { jwk: jwkOf(key) } : { kid }
  const encoded = encode(JSON.stringify({ alg: 'ES256', nonce, url, ...identity }))
  const body = payload === undefined ? '' : encode(JSON.stringify(payload))
  const signature = sign('sha256', Buffer.from(`${encoded}.${body}`), {
    key,
    // RFC 7518 §3.4: both numbers side by side, not DER.
    dsaEncoding: 'ieee-p1363',
  })
  return JSON.stringify({
    protected: encoded,
    payload: body,
    signature: signature.toString('base64url'),
  })
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

import { createHash, sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { canonicalField, signedFields } from '../dkim/canonical-header.ts'
import { maxFields, maxHeaderBytes } from '../limits.ts'
import { findBody, viewMessage, type MessageView } from '../message-view.ts'
import { relaxedDigest } from './body-digest.ts'
import { signedNames } from './signed-names.ts'
import { hasCleanLines, wireForm } from './wire-form.ts'

/** A private key that signs for a domain. */
export interface SigningKey {
  /** `d=`, lower-case A-label. */
  readonly domain: string
  /** `s=` */
  readonly selector: string
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  readonly privateKey: KeyObject
}

/** What is known of the moment. */
export interface SigningTerms {
  readonly at: Date
  /** `x=`, from then on: a message that somebody sends again and again later is worth nothing to him (RFC 6376 §8.6). */
  readonly validSeconds: number
}

/** A signature per key, and the message to be sent behind them: no octet of it may be changed any more. */
export type Signed =
  | { readonly ok: true; readonly fields: Buffer; readonly octets: Buffer }
  | { readonly ok: false; readonly because: string }

/** Seven days: longer than any queue keeps a message. */
export const defaultValidSeconds = 7 * 86_400

/**
 * Signs a message with each key (RFC 6376 §5, RFC 8463): relaxed/relaxed, all of the body, with the fields of `signedNames`. The
 * private key operations run beside the event loop, large bodies in slices. Not a signature where there is nothing that could
 * be signed; rejects only where a key is no key.
 */
export async function signMessage(
  octets: Buffer,
  keys: readonly SigningKey[],
  terms: SigningTerms,
): Promise<Signed> {
  const { headerEnd, bodyStart } = findBody(octets)
  const digest = hasCleanLines(octets.subarray(0, bodyStart))
    ? await relaxedDigest(octets.subarray(bodyStart))
    : undefined
  if (digest === undefined) return signMessage(await wireForm(octets), keys, terms)
  if (headerEnd > maxHeaderBytes) return { ok: false, because: 'its header is too long' }
  const view = viewMessage(octets)
  if (view.fields.length >= maxFields) return { ok: false, because: 'its header is too long' }
  const names = signedNames(view.byName)
  if (names === undefined)
    return { ok: false, because: 'it has no From, or too many fields of one name' }
  const signed = signedHeader(names, view)
  const fields = await Promise.all(
    keys.map((key) => signatureField(key, signed, { names, digest, terms })),
  )
  return { ok: true, fields: Buffer.from(fields.join(''), 'latin1'), octets }
}

function signedHeader(names: readonly string[], { byName }: MessageView): string {
  return signedFields(names, byName)
    .map(({ text }) => canonicalField(text, 'relaxed'))
    .join('')
}

/** One `DKIM-Signature` field with its CRLF (RFC 6376 §3.5). */
async function signatureField(
  key: SigningKey,
  signed: string,
  what: {
    readonly names: readonly string[]
    readonly digest: string
    readonly terms: SigningTerms
  },
): Promise<string> {
  const { algorithm, domain, selector } = key
  const made = Math.floor(what.terms.at.getTime() / 1000)
  const unsigned = [
    `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed;`,
    `d=${domain}; s=${selector};`,
    `t=${made}; x=${made + what.terms.validSeconds};`,
    ...foldedNames(what.names),
    `bh=${what.digest};`,
    'b=',
  ].join('\r\n ')
  // RFC 6376 §3.7: the field itself comes last, its b= empty, without a CRLF.
  const input = signed + canonicalField(unsigned, 'relaxed').slice(0, -2)
  const signature = await signOctets(key, Buffer.from(input, 'latin1'))
  return `${unsigned}${foldedSignature(signature)}\r\n`
}

const signBeside = promisify(
  (
    algorithm: 'sha256' | null,
    octets: Buffer,
    key: KeyObject,
    done: (error: Error | null, signature: Buffer) => void,
  ) => sign(algorithm, octets, key, done),
)

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 6376 §3.3.1); PureEdDSA over the SHA-256 hash (RFC 8463 §3). */
async function signOctets({ algorithm, privateKey }: SigningKey, octets: Buffer): Promise<string> {
  const signature =
    algorithm === 'rsa-sha256'
      ? await signBeside('sha256', octets, privateKey)
      : await signBeside(null, createHash('sha256').update(octets).digest(), privateKey)
  return signature.toString('base64')
}

/** `h=`, in lines of at most 78 characters. */
function foldedNames(names: readonly string[]): readonly string[] {
  const lines: string[] = []
  let line = 'h='
  for (const [at, name] of names.entries()) {
    const word = `${name}${at === names.length - 1 ? ';' : ':'}`
    if (line.length + word.length > 76 && line !== 'h=') {
      lines.push(line)
      line = ''
    }
    line += word
  }
  return [...lines, line]
}

/** Its first line behind `b=`; a fold right behind the sign is read differently by some. */
function foldedSignature(signature: string): string {
  const lines = [signature.slice(0, 72)]
  for (let at = 72; at < signature.length; at += 75) lines.push(signature.slice(at, at + 75))
  return lines.join('\r\n ')
}

import { addressDomain } from '../domain-name.ts'
import { authenticationLimits, maxNamedSignatures, maxSignatures } from '../limits.ts'
import type { Field, MessageView } from '../message-view.ts'
import type { Asker, Questions } from '../questions.ts'
import type { DkimVerdict } from '../verdict.ts'
import type { BodyHasher } from './canonical-body.ts'
import { canonicalField, canonicalSignature, signedFields } from './canonical-header.ts'
import {
  dkimRefusal,
  readSignature,
  signatureFacts,
  signatureTags,
  type Refusal,
  type Signature,
  type SignatureFacts,
} from './signature.ts'
import { verifyWithKey, type Unverified, type Verified } from './verify-signature.ts'

/** What every check of a message shares. */
export interface SignedMessage {
  readonly view: MessageView
  readonly hasher: BodyHasher
  readonly at: Date
}

/**
 * Verifies the signatures of a message from the top, at most eight; those behind are named and count for nothing (RFC 6376
 * §6.1: a verifier may stop).
 */
export async function checkDkim(
  message: SignedMessage,
  questions: Questions,
): Promise<readonly DkimVerdict[]> {
  const fields = message.view.byName.get('dkim-signature') ?? []
  const asker = questions.budget(authenticationLimits.dkimQuestions)
  const verdicts = await Promise.all(
    fields.slice(0, maxSignatures).map((field) => checkField(field, message, asker)),
  )
  const others = fields.slice(maxSignatures, maxNamedSignatures).map((field) => {
    const tags = signatureTags(field)
    const because = `not looked at: only the first ${maxSignatures} of ${fields.length} are`
    return verdictOf(signatureFacts('result' in tags ? undefined : tags), {
      result: 'policy',
      because,
    })
  })
  return [...verdicts, ...others]
}

async function checkField(
  field: Field,
  message: SignedMessage,
  asker: Asker,
): Promise<DkimVerdict> {
  const tags = signatureTags(field)
  if ('result' in tags) return verdictOf(signatureFacts(undefined), tags)
  const facts = signatureFacts(tags)
  const { flaw } = message.view
  if (flaw !== undefined) return verdictOf(facts, { result: 'neutral', because: flaw })
  const signature = readSignature(field, tags)
  if ('result' in signature) return verdictOf(facts, signature)
  const refusal = dkimRefusal(signature, message.at)
  if (refusal !== undefined) return verdictOf(facts, refusal)
  const body = await checkBody(signature, message.hasher)
  if ('result' in body) return verdictOf(facts, body)
  const signed = signedHeader(signature, message.view)
  const found = await verifyWithKey(signature, signed, asker)
  return verifiedVerdict(facts, found, body.unsignedOctets)
}

/** Compares `bh=` with the body; a mismatch is a failure of the signature (RFC 6376 §6.1.3). */
export async function checkBody(
  signature: Signature,
  hasher: BodyHasher,
): Promise<Refusal | { readonly unsignedOctets: number }> {
  const { bodyCanonicalization, limit, bodyHash } = signature
  const body = await hasher.hash(bodyCanonicalization, limit)
  if (limit !== undefined && limit > body.length)
    return { result: 'permerror', because: 'l= is longer than the body' }
  if (body.digest !== bodyHash) return { result: 'fail', because: 'the body has been changed' }
  return { unsignedOctets: body.length - (limit ?? body.length) }
}

/** The hash input of a signature (RFC 6376 §3.7). */
export function signedHeader(signature: Signature, view: MessageView): string {
  const { field, tags, headerCanonicalization, names } = signature
  const parts = signedFields(names, view.byName).map(({ text }) =>
    canonicalField(text, headerCanonicalization),
  )
  const b = tags.get('b') ?? { start: 0, end: 0 }
  parts.push(canonicalSignature(field, b, headerCanonicalization))
  return parts.join('')
}

/** After the key's own flags (RFC 6376 §3.6.1) and `l=` (§8.2: whoever wishes may add to such a message). */
function verifiedVerdict(
  facts: SignatureFacts,
  found: Verified | Unverified,
  unsignedOctets: number,
): DkimVerdict {
  if (found.result !== 'pass') return verdictOf(facts, found)
  const { key } = found
  const more = { keyBits: key.bits, isTesting: key.isTesting, unsignedOctets }
  if (key.isStrict && addressDomain(facts.identity) !== facts.domain)
    return verdictOf(
      facts,
      { result: 'permerror', because: 'i= is below d=, and its key forbids that' },
      more,
    )
  if (unsignedOctets > 0)
    return verdictOf(
      facts,
      { result: 'policy', because: `${unsignedOctets} octets of the body are not signed` },
      more,
    )
  const because = key.isTesting ? 'verified, by a domain that is testing' : 'verified'
  return verdictOf(facts, { result: 'pass', because }, more)
}

function verdictOf(
  facts: SignatureFacts,
  { result, because }: Pick<DkimVerdict, 'result' | 'because'>,
  more: Pick<DkimVerdict, 'isTesting' | 'unsignedOctets'> & { readonly keyBits?: number } = {
    isTesting: false,
    unsignedOctets: 0,
  },
): DkimVerdict {
  return { result, ...facts, ...more, because }
}

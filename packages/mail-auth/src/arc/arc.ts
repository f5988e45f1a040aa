import { canonicalField, canonicalSignature } from '../dkim/canonical-header.ts'
import { checkBody, signedHeader, type SignedMessage } from '../dkim/dkim.ts'
import { readSignature, signatureTags, type Refusal, type Signature } from '../dkim/signature.ts'
import { verifyWithKey, type Unverified } from '../dkim/verify-signature.ts'
import { authenticationLimits } from '../limits.ts'
import type { Asker, Questions } from '../questions.ts'
import type { ArcVerdict } from '../verdict.ts'
import { gatherSets, type ArcSet } from './arc-set.ts'
import { readSealed } from './sealed-results.ts'

/** A seal that reads well. */
interface Seal extends Pick<Signature, 'algorithm' | 'domain' | 'selector' | 'signature'> {
  readonly set: ArcSet
  readonly b: { readonly start: number; readonly end: number }
  /** The set as later seals sign it. */
  readonly text: string
}

/**
 * Validates a chain (RFC 8617 §5.2): the newest ARC-Message-Signature and every seal. All failures are for good, those of DNS
 * too (§5.2.1); `isTemporary` says that asking again could end otherwise, so that nobody refuses mail over it.
 *
 * A chain that passes says only who sealed it. It is believed where the newest sealer is one that the operator trusts; and as
 * far back as the sealers are.
 */
export async function checkArc(
  message: SignedMessage,
  questions: Questions,
  trustedSealers: ReadonlySet<string>,
): Promise<ArcVerdict> {
  const gathered = gatherSets(message.view.byName)
  if (!gathered.ok) return failed([], gathered.because)
  const { sets } = gathered
  const newest = sets.at(-1)
  if (newest === undefined)
    return { result: 'none', sealers: [], isTrusted: false, because: 'not sealed' }
  if (message.view.flaw !== undefined) return failed([], message.view.flaw)
  const seals = readSeals(sets)
  if ('because' in seals) return failed([], seals.because)
  const sealers = seals.map(({ domain }) => domain)
  const asker = questions.budget(authenticationLimits.arcQuestions)
  const checks = await Promise.all([
    checkNewest(newest, message, asker),
    ...seals.map((seal, at) => checkSeal(seal, seals.slice(0, at), asker)).toReversed(),
  ])
  const broken = checks.find((each) => each !== undefined)
  if (broken !== undefined)
    return {
      ...failed(sealers, broken.because),
      ...(broken.result === 'temperror' ? { isTemporary: true } : {}),
    }
  return { result: 'pass', sealers, ...trust(sets, sealers, trustedSealers) }
}

/** The newest signature covers the message as its sealer passed it on (RFC 8617 §5.2 step 4). */
async function checkNewest(
  set: ArcSet,
  message: SignedMessage,
  asker: Asker,
): Promise<Unverified | undefined> {
  const tags = signatureTags(set.signature)
  if ('result' in tags) return tags
  const signature = readSignature(set.signature, tags)
  if ('result' in signature) return signature
  // §4.1.2: seals are not signed by it; `l=` would let others add to what was sealed.
  if (signature.names.some((name) => name.toLowerCase() === 'arc-seal'))
    return refused('it signs a seal')
  if (tags.has('t') && !/^\d+$/.test(tags.get('t')?.value ?? '')) return refused('t= is no number')
  const body = await checkBody(signature, message.hasher)
  if ('result' in body) return body
  if (body.unsignedOctets > 0) return refused('a part of the body is not signed')
  const found = await verifyWithKey(signature, signedHeader(signature, message.view), asker)
  return found.result === 'pass' ? undefined : found
}

/** A seal over all sets up to its own (RFC 8617 §5.1.1, §5.2 step 6). */
async function checkSeal(
  seal: Seal,
  before: readonly Seal[],
  asker: Asker,
): Promise<Unverified | undefined> {
  const { results, signature } = seal.set
  const signed = [
    ...before.map((each) => each.text),
    canonicalField(results.text, 'relaxed'),
    canonicalField(signature.text, 'relaxed'),
    canonicalSignature(seal.set.seal, seal.b, 'relaxed'),
  ]
  const found = await verifyWithKey(seal, signed.join(''), asker)
  if (found.result === 'pass') return undefined
  return { ...found, because: `seal ${seal.set.instance}: ${found.because}` }
}

/** Structure of the seals (RFC 8617 §4.1.3) and their `cv=` (§5.2 steps 2 and 3). */
function readSeals(sets: readonly ArcSet[]): readonly Seal[] | Refusal {
  const seals: Seal[] = []
  for (const set of sets) {
    const seal = readSeal(set)
    if ('because' in seal) return { ...seal, because: `seal ${set.instance}: ${seal.because}` }
    seals.push(seal)
  }
  return seals
}

function readSeal(set: ArcSet): Seal | Refusal {
  const tags = signatureTags(set.seal)
  if ('result' in tags) return tags
  if (tags.has('h')) return refused('h= has no place in a seal')
  const cv = tags.get('cv')?.value.toLowerCase()
  const expected = set.instance === 1 ? 'none' : 'pass'
  if (cv !== expected) return refused(`cv=${cv ?? ''} where it must be ${expected}`)
  const made = tags.get('t')?.value
  if (made !== undefined && !/^\d+$/.test(made)) return refused('t= is no number')
  // What a seal lacks of a signature: h= and bh=.
  const lacking = new Map([...tags, ['h', emptyTag], ['bh', anyHash]] as const)
  const signature = readSignature(set.seal, lacking)
  if ('because' in signature) return signature
  const b = tags.get('b') ?? emptyTag
  const { algorithm, domain, selector } = signature
  const text = [set.results, set.signature, set.seal]
    .map((field) => canonicalField(field.text, 'relaxed'))
    .join('')
  return { set, b, text, algorithm, domain, selector, signature: signature.signature }
}

const emptyTag = { value: '', start: 0, end: 0 }
const anyHash = { value: 'AAAA', start: 0, end: 0 }

/** How far back the sealers are trusted, from the newest on; and what the first of those saw. */
function trust(
  sets: readonly ArcSet[],
  sealers: readonly string[],
  trusted: ReadonlySet<string>,
): Pick<ArcVerdict, 'isTrusted' | 'sealed' | 'because'> {
  const stranger = sealers.findLastIndex((sealer) => !trusted.has(sealer))
  const first = sets[stranger + 1]
  const sealer = sealers[stranger + 1]
  if (first === undefined || sealer === undefined)
    return { isTrusted: false, because: `${sealers.at(-1)} sealed it, who is not trusted here` }
  const sealed = readSealed(sealer, first.results)
  const because = `${sealer} is trusted to say what it saw`
  return { isTrusted: true, because, ...(sealed === undefined ? {} : { sealed }) }
}

function failed(sealers: readonly string[], because: string): ArcVerdict {
  return { result: 'fail', sealers, isTrusted: false, because }
}

function refused(because: string): Refusal {
  return { result: 'permerror', because }
}

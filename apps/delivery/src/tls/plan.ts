import type { TlsPolicyName } from '@posthouse/store'
import type { TlsPolicy } from '@posthouse/smtp'
import type { DaneFinding } from './dane-lookup.ts'
import { failure, type TlsFailure } from './failure.ts'
import type { SecurityNeed } from './security-need.ts'
import type { StsFinding } from './sts-book.ts'
import { isListed } from './sts-policy.ts'

/** What a connection to one host of a domain must be before mail goes over it. */
export type Plan =
  /** Never TLS: a relay's setting. */
  | { readonly kind: 'clear'; readonly policy: 'relay' }
  /** TLS where it is offered, any certificate; in the clear otherwise (RFC 7435). */
  | { readonly kind: 'any'; readonly policy: 'opportunistic' | 'relay' }
  /** TLS, any certificate. */
  | { readonly kind: 'encrypted'; readonly policy: TlsPolicyName; readonly why: string }
  /** A certificate that TLSA records vouch for (RFC 7672). */
  | {
      readonly kind: 'dane'
      readonly policy: 'dane'
      readonly finding: Extract<DaneFinding, { kind: 'records' }>
    }
  /** A certificate that is valid for the host (RFC 8461 §4.2). */
  | { readonly kind: 'webpki'; readonly policy: 'sts' | 'relay' | 'opportunistic' }
  /** No connection is made. `isFinal`: nor will it be later. */
  | { readonly kind: 'refused'; readonly failure: TlsFailure; readonly isFinal: boolean }

/** What is known of one host of a domain. */
export interface PlanInput {
  readonly host: string
  readonly need: SecurityNeed
  readonly dane: DaneFinding
  readonly sts: StsFinding
  /** Whether the domain says by signature which its hosts are. */
  readonly isMxSecure: boolean
  /** TLS stood there lately (tls-memory.ts). */
  readonly expectsTls: boolean
}

/**
 * Decides. DANE comes before MTA-STS, which must not overrule it (RFC 8461 §2); what MTA-STS enforces is not weakened by TLSA
 * records that cannot be used. What a message asks for by REQUIRETLS needs a host that is named by signature or by policy, and
 * proves to be it (RFC 8689 §4.2.1). `TLS-Required: no` asks to leave all of that undone (§4.3).
 */
export function makePlan(input: PlanInput): Plan {
  const { need, dane, expectsTls } = input
  if (need === 'optional') return { kind: 'any', policy: 'opportunistic' }
  if (dane.kind === 'failed') {
    return refused(failure('dnssec-invalid', dane.because))
  }
  if (dane.kind === 'records' && dane.usable.length > 0) {
    return { kind: 'dane', policy: 'dane', finding: dane }
  }
  const enforced = stsPlan(input)
  if (enforced !== undefined) return enforced
  if (need === 'required') return requiredPlan(input)
  if (dane.kind === 'records') {
    const why = 'the TLSA records cannot be used: TLS is required, no proof is'
    return { kind: 'encrypted', policy: 'dane', why }
  }
  if (expectsTls) {
    const why = 'TLS stood there on several days, and within the last 72 hours'
    return { kind: 'encrypted', policy: 'opportunistic', why }
  }
  return { kind: 'any', policy: 'opportunistic' }
}

/** `enforce`; `testing` is as good for a message that insists. undefined: MTA-STS demands nothing. */
function stsPlan({ sts: { policy }, need, host }: PlanInput): Plan | undefined {
  const counts = policy?.mode === 'enforce' || (policy?.mode === 'testing' && need === 'required')
  if (policy === undefined || !counts) return undefined
  if (isListed(policy, host)) return { kind: 'webpki', policy: 'sts' }
  return refused(
    failure('validation-failure', `${host} is not among the hosts of the MTA-STS policy`),
  )
}

function requiredPlan({ isMxSecure, sts }: PlanInput): Plan {
  if (isMxSecure) return { kind: 'webpki', policy: 'opportunistic' }
  if (sts.failure !== undefined) return refused(sts.failure)
  const because =
    'The message requires TLS all the way; neither DNSSEC nor MTA-STS says who the next host is'
  return { kind: 'refused', isFinal: true, failure: failure('validation-failure', because) }
}

/** What a relay's setting asks for; REQUIRETLS asks for proof, whatever the setting. */
export function relayPlan(setting: TlsPolicy, need: SecurityNeed = 'usual'): Plan {
  switch (need === 'required' ? 'verified' : setting) {
    case 'none':
      return { kind: 'clear', policy: 'relay' }
    case 'opportunistic':
      return { kind: 'any', policy: 'relay' }
    case 'required':
      return { kind: 'encrypted', policy: 'relay', why: 'the route asks for TLS' }
    case 'verified':
      return { kind: 'webpki', policy: 'relay' }
  }
}

function refused(because: TlsFailure): Plan {
  return { kind: 'refused', failure: because, isFinal: false }
}

import type { AuthenticationVerdict, DkimVerdict } from '@posthouse/mail-auth'
import type { FilterMessage } from '../filter-message.ts'
import { type Rule, where } from '../rule.ts'
import { isSameOwner } from '../view/domains.ts'
import { isNearby } from '../view/nearness.ts'

/** A message with what is known of who sent it. */
export interface SenderView {
  readonly message: FilterMessage
  readonly verdict: AuthenticationVerdict
  /** Domain of From, A-labels. */
  readonly fromDomain: string
  readonly isList: boolean
  /** A trusted sealer saw it pass before a list or forwarder changed it (RFC 8617 §5.2). */
  readonly isVouchedByArc: boolean
}

/** What authentication says against a sender, in points. Each counts what the others do not. */
export const authenticationRules: readonly Rule<SenderView>[] = [
  {
    symbol: 'SPF_FAIL',
    points: 1.5,
    sees: (v) =>
      where(
        !v.isVouchedByArc && v.verdict.spf.mailFrom.result === 'fail',
        v.verdict.spf.mailFrom.because,
      ),
  },
  {
    symbol: 'SPF_SOFTFAIL',
    points: 0.7,
    sees: (v) =>
      where(
        !v.isVouchedByArc && v.verdict.spf.mailFrom.result === 'softfail',
        v.verdict.spf.mailFrom.because,
      ),
  },
  {
    symbol: 'SPF_BROKEN_RECORD',
    points: 0.3,
    sees: ({ verdict: { spf } }) =>
      where(spf.mailFrom.result === 'permerror', spf.mailFrom.because),
  },
  {
    symbol: 'HELO_SPF_FAIL',
    points: 1.2,
    sees: ({ verdict: { spf } }) => where(spf.helo.result === 'fail', spf.helo.because),
  },
  {
    symbol: 'DKIM_BROKEN',
    points: 0.5,
    // RFC 6376 §6.1: a broken signature is no better than none; one in test mode says nothing (§3.6.1).
    sees: (v) => {
      const broken = v.verdict.dkim.find(({ result, isTesting }) => result === 'fail' && !isTesting)
      const isRelevant = !v.isVouchedByArc && !v.isList && !v.verdict.dkim.some(passes)
      return where(
        isRelevant && broken !== undefined,
        () => `The signature of ${broken?.domain ?? ''} is broken: ${broken?.because ?? ''}`,
      )
    },
  },
  {
    symbol: 'DKIM_UNSIGNED_TAIL',
    points: 1.5,
    // RFC 6376 §8.2: what `l=` leaves out may be anybody's.
    sees: ({ verdict: { dkim } }) => {
      const open = dkim.find(
        ({ result, unsignedOctets }) =>
          (result === 'pass' || result === 'policy') && unsignedOctets > 0,
      )
      return where(
        open !== undefined,
        () =>
          `The signature of ${open?.domain ?? ''} leaves out ${open?.unsignedOctets ?? 0} octets`,
      )
    },
  },
  {
    symbol: 'DMARC_REJECT',
    points: 4.5,
    // RFC 9989 §7.4: a failure is no sole ground for refusing; with another sign it is enough for Junk.
    sees: (v) =>
      where(
        failsDmarc(v, 'reject'),
        `${v.verdict.dmarc.domain} wants mail refused that does not pass: ${v.verdict.dmarc.because}`,
      ),
  },
  {
    symbol: 'DMARC_QUARANTINE',
    points: 3.5,
    sees: (v) =>
      where(
        failsDmarc(v, 'quarantine'),
        `${v.verdict.dmarc.domain} wants mail set aside that does not pass: ${v.verdict.dmarc.because}`,
      ),
  },
  {
    symbol: 'DMARC_FAIL',
    points: 0.8,
    sees: (v) =>
      where(
        failsDmarc(v, 'none'),
        `DMARC of ${v.verdict.dmarc.domain} fails: ${v.verdict.dmarc.because}`,
      ),
  },
  {
    symbol: 'DMARC_PASS',
    points: -0.3,
    sees: ({ verdict: { dmarc } }) =>
      where(dmarc.result === 'pass', `${dmarc.domain} vouches for it`),
  },
  {
    symbol: 'ARC_TRUSTED',
    points: 0,
    sees: (v) =>
      where(
        v.isVouchedByArc,
        () => `${v.verdict.arc.sealed?.sealer ?? ''}, which is trusted, saw it pass`,
      ),
  },
  {
    symbol: 'REVERSE_MISSING',
    points: 1.2,
    // RFC 8601 §2.7.3: permerror is an address without a name.
    sees: ({ message, verdict: { reverse } }) =>
      where(reverse.result === 'permerror' && !isNearby(message.client.address), reverse.because),
  },
  {
    symbol: 'REVERSE_MISMATCH',
    points: 0.8,
    sees: ({ verdict: { reverse } }) => where(reverse.result === 'fail', reverse.because),
  },
  {
    symbol: 'UNAUTHENTICATED',
    points: 0.4,
    sees: ({ verdict, message, ...v }) => {
      const isUnknown =
        verdict.authenticated.length === 0 && !v.isVouchedByArc && message.sender !== ''
      return where(
        isUnknown && verdict.spf.mailFrom.result === 'none' && verdict.dkim.length === 0,
        'Its sender publishes nothing to know it by',
      )
    },
  },
]

/** Whether a trusted sealer's word stands in for what was broken on the way. */
export function isVouchedByArc({ arc }: AuthenticationVerdict, fromDomain: string): boolean {
  if (arc.result !== 'pass' || !arc.isTrusted || arc.sealed === undefined) return false
  const { dmarc, dkim } = arc.sealed
  return (
    dmarc === 'pass' ||
    dkim.some(
      (one) => one.result === 'pass' && one.domain !== '' && isSameOwner(one.domain, fromDomain),
    )
  )
}

function failsDmarc(
  { verdict: { dmarc }, isVouchedByArc: isVouched }: SenderView,
  policy: string,
): boolean {
  return !isVouched && dmarc.result === 'fail' && dmarc.policy === policy
}

/** Whether a signature counts: one in test mode does not (RFC 6376 §3.6.1). */
export function passes({ result, isTesting }: DkimVerdict): boolean {
  return result === 'pass' && !isTesting
}

import { isVouchedByArc, type FilterVerdict } from '@posthouse/filter'
import type { AuthenticationVerdict } from '@posthouse/mail-auth'

/** Why a message does not leave the house again; undefined where it may. */
export type HeldBack = 'spam' | 'dmarc' | undefined

/**
 * What looks like spam is not passed on under our name; nor is what the domain in From wants refused (DMARC, RFC 9989): the
 * next host would refuse it, or believe us. A chain of trusted seals (ARC, RFC 8617) says that it was good before.
 */
export function heldBack(
  { action }: Pick<FilterVerdict, 'action'>,
  known: AuthenticationVerdict,
): HeldBack {
  if (action !== 'deliver' && action !== 'tag') return 'spam'
  const { dmarc } = known
  const isRefused = dmarc.result === 'fail' && dmarc.policy === 'reject'
  return isRefused && !isVouchedByArc(known, dmarc.domain) ? 'dmarc' : undefined
}

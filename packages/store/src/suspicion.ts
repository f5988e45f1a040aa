import type { SendingSigns } from './sending.ts'

/** From which signs on an account is suspected of being misused. */
export const suspicionLimits = {
  /** New recipients in a day, as a part of what the account may have: whoever is on the way to its limit at that pace is not writing letters. */
  newRecipientsShare: 0.5,
  /** And at least so many: a small limit set by the operator is not a suspicion. */
  leastNewRecipients: 20,
  /** Recipients refused for good in a day, as a part of those that came to an end. Bought lists have a third and more; people mistype one in fifty. */
  bouncedShare: 0.3,
  /** And at least so many: a hand's breadth of old addresses in a Christmas card is none. */
  leastBounced: 20,
  /** Networks never seen before, in a day: a phone on a train has two or three. */
  newNetworks: 5,
  /** Different kinds of signs. One alone has an innocent reason: an invitation, an old list, a journey. */
  kinds: 2,
} as const

/** One kind of sign, in words for the operator. */
export interface Suspicion {
  readonly kind: 'volume' | 'bounces' | 'places'
  readonly says: string
}

/** The signs that stand out. */
export function suspicionsOf(signs: SendingSigns, limits = suspicionLimits): readonly Suspicion[] {
  const { today, ended, bounced, newNetworks, isNewHere, knownNetworks } = signs
  const found: Suspicion[] = []
  const many = Math.max(
    limits.leastNewRecipients,
    Math.ceil(today.mostNewRecipients * limits.newRecipientsShare),
  )
  if (today.newRecipients >= many) {
    found.push({
      kind: 'volume',
      says: `it wrote to ${today.newRecipients} new recipients in a day`,
    })
  }
  if (bounced >= limits.leastBounced && bounced >= ended * limits.bouncedShare) {
    found.push({
      kind: 'bounces',
      says: `${bounced} of ${ended} recipients do not exist or refuse`,
    })
  }
  // Of an account that was never anywhere before every network is new.
  if (knownNetworks > 0 && (isNewHere || newNetworks >= limits.newNetworks)) {
    const networks = newNetworks === 1 ? 'a network' : `${newNetworks} networks`
    found.push({ kind: 'places', says: `it was used from ${networks} for the first time` })
  }
  return found
}

/** Why an account is to be contained; undefined: it is not. */
export function reasonToContain(signs: SendingSigns, limits = suspicionLimits): string | undefined {
  const found = suspicionsOf(signs, limits)
  return found.length < limits.kinds ? undefined : found.map(({ says }) => says).join('; ')
}

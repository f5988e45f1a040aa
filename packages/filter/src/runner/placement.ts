import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import { parseMailboxListStrict } from '@posthouse/message'
import type { FilterMessage } from '../filter-message.ts'
import { asciiDomain, domainOf, isWithin } from '../view/domains.ts'
import type { FilterVerdict, Placement, RecipientSettings } from '../verdict.ts'

/** Who a message says it is from: what lists of addresses are compared with. */
export interface Senders {
  /** The only address of From, by the letter; absent where From is missing, malformed or says more than one. */
  readonly from?: string
  /** MAIL FROM; empty for the null sender. */
  readonly envelope: string
}

/** The senders of a message, for {@link placementOf}. */
export function sendersOf(message: FilterMessage): Senders {
  const fields = message.headers.filter(({ name }) => name.toLowerCase() === 'from')
  const parsed =
    fields.length === 1 && fields[0] !== undefined
      ? parseMailboxListStrict(fields[0].value)
      : undefined
  const only =
    parsed?.ok === true && parsed.mailboxes.length === 1 ? parsed.mailboxes[0] : undefined
  const envelope = message.sender
  return only === undefined ? { envelope } : { from: only.address, envelope }
}

/**
 * The domains that a recipient's list of allowed senders may be bound to: those with a DKIM signature that passed, and those
 * that a trusted sealer saw one of. SPF alone is not enough: addresses that a domain's record names are shared by strangers.
 */
export function vouchedDomains(authentication: AuthenticationVerdict): readonly string[] {
  const signed = authentication.dkim.filter(({ result }) => result === 'pass')
  const { isTrusted, sealed } = authentication.arc
  const seen = isTrusted ? (sealed?.dkim ?? []).filter(({ result }) => result === 'pass') : []
  return [
    ...new Set([...signed, ...seen].map(({ domain }) => domain).filter((domain) => domain !== '')),
  ]
}

/**
 * Where one recipient's copy of a message goes that is taken at all. A virus stays aside whatever a recipient allows; what the
 * attachment policy keeps aside, too. A block list is heard on any claim of being that sender, an allow list only on domains
 * that are authenticated; being on both means Junk, as the stranger gains nothing by it.
 * @param authenticated domains that vouch for the message ({@link vouchedDomains})
 */
export function placementOf(
  verdict: FilterVerdict,
  settings: RecipientSettings,
  authenticated: readonly string[],
  senders: Senders = { envelope: '' },
): Placement {
  const isHeld = verdict.action === 'quarantine' && verdict.reason !== 'spam'
  if (isHeld || verdict.reason === 'virus') return 'quarantine'
  if (isBlocked(settings.blocked, authenticated, senders)) return 'junk'
  if (isAllowed(settings.allowed, authenticated, senders)) return 'inbox'
  if (settings.quarantine !== undefined && verdict.points >= settings.quarantine)
    return 'quarantine'
  if (verdict.action === 'quarantine') return 'quarantine'
  const isJunk =
    settings.junk === undefined ? verdict.action === 'junk' : verdict.points >= settings.junk
  return isJunk ? 'junk' : 'inbox'
}

/** Whether a sender is on a recipient's block list: where all recipients say so, the message need not be taken. */
export function isBlocked(
  blocked: readonly string[],
  authenticated: readonly string[],
  { from, envelope }: Senders,
): boolean {
  const claims = [from ?? '', envelope].filter((address) => address !== '')
  const domains = [...claims.map(domainOf), ...authenticated]
  return blocked.some((entry) => {
    if (isAddress(entry)) return claims.some((address) => sameAddress(address, entry))
    return domains.some((domain) => isWithin(domain, entry))
  })
}

function isAllowed(
  allowed: readonly string[],
  authenticated: readonly string[],
  { from }: Senders,
): boolean {
  return allowed.some((entry) => {
    if (!isAddress(entry)) return authenticated.some((domain) => isWithin(domain, entry))
    const isVouched = authenticated.some(
      (domain) => isWithin(domain, domainOf(entry)) || isWithin(domainOf(entry), domain),
    )
    return isVouched && from !== undefined && sameAddress(from, entry)
  })
}

function isAddress(entry: string): boolean {
  return entry.indexOf('@') > 0
}

/** Local parts compare without case after NFC, domains as A-labels. */
function sameAddress(a: string, b: string): boolean {
  return folded(a) === folded(b)
}

function folded(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at).normalize('NFC').toLowerCase()}@${asciiDomain(address.slice(at + 1))}`
}

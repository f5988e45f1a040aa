import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import { type Rule, where } from '../rule.ts'
import { domainOf, isSameOwner } from '../view/domains.ts'
import { isOnThisMachine } from '../view/nearness.ts'
import { passes, type SenderView } from './authentication-rules.ts'

/**
 * Mail from outside that says it comes from here. Programs on this machine do come from here; what our domain's own policy says
 * of them (DMARC) counts all the same.
 */
export const ourDomainRules: readonly Rule<SenderView>[] = [
  {
    symbol: 'FROM_OURS_FORGED',
    points: 5,
    sees: (v) =>
      where(
        claimsOurs(v) && !isRelayed(v),
        `From is at ${v.fromDomain}, which is here, and nothing shows that it is true`,
      ),
  },
  {
    symbol: 'FROM_OURS_VIA_LIST',
    points: 1,
    sees: (v) =>
      where(
        claimsOurs(v) && isRelayed(v),
        `From is at ${v.fromDomain}, which is here, by a list that broke what would show it`,
      ),
  },
  {
    symbol: 'ENVELOPE_OURS_FORGED',
    points: 1.5,
    sees: (v) => {
      const domain = domainOf(v.message.sender)
      const isForged =
        domain !== '' &&
        v.message.isOurs(domain) &&
        v.verdict.spf.mailFrom.result !== 'pass' &&
        !isOnThisMachine(v.message.client.address) &&
        !v.isVouchedByArc
      return where(
        isForged && !isProven(v, domain),
        `MAIL FROM is at ${domain}, which is here, and came from outside`,
      )
    },
  },
]

function claimsOurs(v: SenderView): boolean {
  if (isOnThisMachine(v.message.client.address)) return false
  const isOurs = v.fromDomain !== '' && v.message.isOurs(v.fromDomain)
  return isOurs && !v.isVouchedByArc && !isProven(v, v.fromDomain)
}

/** DMARC is aligned, or a signature of the very domain or of its organisation passes. */
function isProven({ verdict }: SenderView, domain: string): boolean {
  return (
    verdict.dmarc.result === 'pass' ||
    verdict.dkim.some((one) => passes(one) && isSameOwner(one.domain, domain)) ||
    isAligned(verdict, domain)
  )
}

/** RFC 7208 §11.2 is no bar here: that SPF passed for this domain means that its own record names the client. */
function isAligned({ spf }: AuthenticationVerdict, domain: string): boolean {
  return spf.mailFrom.result === 'pass' && isSameOwner(spf.mailFrom.domain, domain)
}

/** A list that is known by its own domain; a forger who adds a List-Id has that of an authenticated domain at least. */
function isRelayed({ isList, verdict }: SenderView): boolean {
  return isList && verdict.authenticated.length > 0
}

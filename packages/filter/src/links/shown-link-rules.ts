import { type Rule, where } from '../rule.ts'
import { asciiDomain, hasKnownSuffix, isSameOwner } from '../view/domains.ts'
import { hostInside, type LinkView, type WebLink } from './link-view.ts'

/** Links that show one address and lead to another. */
export const shownLinkRules: readonly Rule<LinkView>[] = [
  {
    symbol: 'LINK_SHOWS_ANOTHER_DOMAIN',
    points: 1.5,
    sees: (v) => {
      // Senders who count clicks lead every link through one house of theirs; a List-Unsubscribe says as much.
      const isCounted = v.message.field('list-unsubscribe').length > 0
      const link = isCounted ? undefined : v.web.find((one) => showsAnother(one, v))
      return where(
        link !== undefined,
        () => `A link shows ${shownDomain(link, v)} and leads to ${link?.domain ?? ''}`,
      )
    },
  },
  {
    symbol: 'LINK_SHOWS_OURS',
    points: 2.5,
    sees: (v) => {
      const link = v.web.find(
        (one) =>
          v.message.isOurs(shownDomain(one, v)) && !isSameOwner(shownDomain(one, v), one.host),
      )
      return where(
        link !== undefined,
        () =>
          `A link shows ${shownDomain(link, v)}, which is here, and leads to ${link?.domain ?? ''}`,
      )
    },
  },
]

/**
 * What is shown is a domain, and not of the owner to whom the link leads. One that carries the shown address in it leads there
 * by way of somebody who counts or checks (`LINK_REDIRECTS`).
 */
function showsAnother(link: WebLink, v: LinkView): boolean {
  const shown = shownDomain(link, v)
  if (shown === '' || v.message.isOurs(shown) || isSameOwner(shown, link.host)) return false
  const inside = hostInside(link)
  return inside === undefined || !isSameOwner(shown, inside)
}

/** The host that the text of a link claims, A-labels; empty where the text is no address. */
function shownDomain(link: WebLink | undefined, { message }: LinkView): string {
  const [text = '', host = ''] = SHOWN.exec(link?.link.shown ?? '') ?? []
  const domain = asciiDomain(host)
  if (domain === text.trim().toLowerCase() && FILE.test(domain)) return ''
  return domain !== '' && (message.isOurs(domain) || hasKnownSuffix(domain)) ? domain : ''
}

/** A text that is an address from beginning to end, with or without its scheme. */
const SHOWN =
  /^\s{0,10}(?:https?:\/\/)?([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8})\.?(?:[/:?#]\S{0,200})?\s{0,10}$/iu
/** Top-level domains that are mostly endings of files where nothing else stands beside them. */
const FILE = /^(?!www\.).*\.(?:ai|cc|md|mov|pl|ps|py|rs|sh|so|zip)$/

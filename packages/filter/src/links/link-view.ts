import { domainToUnicode } from 'node:url'
import { isIP } from 'node:net'
import type { FilterMessage, MessageLink } from '../filter-message.ts'
import { MAX_LINK_CHARACTERS } from '../limits.ts'
import { registrable } from '../view/domains.ts'

/** A link that leads to a host. */
export interface WebLink {
  readonly link: MessageLink
  readonly url: URL
  /** A-labels, or an address without brackets. */
  readonly host: string
  /** Registrable domain, or the address. */
  readonly domain: string
  readonly isAddress: boolean
  /** The host's name in its own letters. */
  readonly shownHost: string
}

/** The links of a message, taken apart once. */
export interface LinkView {
  readonly message: FilterMessage
  readonly web: readonly WebLink[]
  readonly domains: ReadonlySet<string>
}

/** Takes the links apart; each address once. */
export function linkView(message: FilterMessage): LinkView {
  const known = linkViews.get(message)
  if (known !== undefined) return known
  const web = message.text.links.flatMap((link) => {
    const found = webLink(link)
    return found === undefined ? [] : [found]
  })
  const view = { message, web, domains: new Set(web.map(({ domain }) => domain)) }
  linkViews.set(message, view)
  return view
}

/** A link to a host; undefined for `mailto:`, relative and unreadable ones. */
export function webLink(link: MessageLink): WebLink | undefined {
  const written = link.href.startsWith('//') ? `http:${link.href}` : link.href
  const url = WEB.test(written) ? URL.parse(written) : null
  if (url === null || url.hostname === '') return undefined
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '')
  const isAddress = isIP(host) !== 0
  return {
    link,
    url,
    host,
    domain: isAddress ? host : registrable(host),
    isAddress,
    shownHost: host.includes('xn--') ? domainToUnicode(host) : host,
  }
}

/** The host of another address that a link carries in its path or query, as redirectors do. */
export function hostInside({ url }: WebLink): string | undefined {
  const inner = INNER.exec(`${url.pathname}${url.search}`.slice(0, MAX_LINK_CHARACTERS))?.[1]
  if (inner === undefined) return undefined
  const host = URL.parse(`http://${inner.replace(/%2f.*$/i, '')}`)?.hostname
  return host?.includes('.') === true ? host : undefined
}

const INNER = /https?(?::\/\/|%3a%2f%2f)([\w.-]{3,253})/i
const WEB = /^\s{0,10}(?:https?|ftp):/i
const linkViews = new WeakMap<FilterMessage, LinkView>()

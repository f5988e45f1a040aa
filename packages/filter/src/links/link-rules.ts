import { type Rule, where } from '../rule.ts'
import { disguiseOf, readsAs } from '../view/confusables.ts'
import { isSameOwner } from '../view/domains.ts'
import { factsOf } from '../view/message-text.ts'
import { hostInside, type LinkView, type WebLink } from './link-view.ts'
import { SHORTENERS } from './shorteners.ts'

/** Where the links of a message lead, and whether they say so. */
export const linkRules: readonly Rule<LinkView>[] = [
  {
    symbol: 'LINK_TO_ADDRESS',
    points: 1.5,
    sees: ({ web }) => {
      const link = web.find(({ isAddress, host }) => isAddress && !PRIVATE.test(host))
      return where(link !== undefined, `A link leads to the bare address ${link?.host ?? ''}`)
    },
  },
  {
    symbol: 'LINK_ADDRESS_DISGUISED',
    points: 2.5,
    // `http://3232235777/`, `http://0xC0.0250.1.1/`: browsers read them as addresses (WHATWG URL §3.5), people do not.
    sees: ({ web }) => {
      const link = web.find(
        (one) => one.isAddress && !one.host.includes(':') && !one.link.href.includes(one.host),
      )
      return where(
        link !== undefined,
        `A link hides the address ${link?.host ?? ''} in another way of writing it`,
      )
    },
  },
  {
    symbol: 'LINK_WITH_USERINFO',
    points: 2.5,
    // `https://bank.example@evil.example/`: what stands before the @ is nobody's name (RFC 3986 §7.6).
    sees: ({ web }) => {
      const link = web.find(
        ({ url }) => url.username !== '' && /\.|%/.test(url.username) && url.protocol !== 'ftp:',
      )
      return where(
        link !== undefined,
        `A link has "${link?.url.username ?? ''}" before its host ${link?.host ?? ''}`,
      )
    },
  },
  {
    symbol: 'LINK_TO_ODD_PORT',
    points: 0.8,
    sees: ({ web }) => {
      const link = web.find(({ url }) => url.port !== '' && !USUAL_PORTS.has(url.port))
      return where(
        link !== undefined,
        `A link leads to port ${link?.url.port ?? ''} of ${link?.host ?? ''}`,
      )
    },
  },
  {
    symbol: 'LINK_HOST_DISGUISED',
    points: 3,
    sees: ({ web }) => {
      for (const { host } of web) {
        const disguise = disguiseOf(host)
        if (disguise !== undefined) return `A link's host ${disguise}`
      }
      return undefined
    },
  },
  {
    symbol: 'LINK_LOOKS_LIKE_OURS',
    points: 3.5,
    sees: ({ web, message }) => {
      const link = web.find(
        ({ domain, isAddress }) =>
          !isAddress &&
          !message.isOurs(domain) &&
          readsAs(domain).some((name) => message.isOurs(name)),
      )
      return where(
        link !== undefined,
        `A link leads to ${link?.domain ?? ''}, which is easily read as a domain that is here`,
      )
    },
  },
  {
    symbol: 'LINK_SHORTENED',
    points: 0.3,
    sees: ({ web }) => {
      const link = web.find(({ domain }) => SHORTENERS.has(domain))
      return where(
        link !== undefined,
        `A link leads through ${link?.domain ?? ''}, which hides where to`,
      )
    },
  },
  {
    symbol: 'LINK_REDIRECTS',
    points: 0.4,
    sees: ({ web }) => {
      const link = web.find(hasAnotherInside)
      return where(
        link !== undefined,
        `A link to ${link?.domain ?? ''} carries another address in it`,
      )
    },
  },
  {
    symbol: 'LINKS_TO_MANY_DOMAINS',
    points: 0.3,
    sees: ({ domains, message }) =>
      where(
        domains.size > 30 && message.field('list-id').length === 0,
        `Links lead to ${domains.size} domains`,
      ),
  },
  {
    symbol: 'LINK_SCHEME',
    points: 2,
    sees: ({ message }) => {
      const [scheme] = factsOf(message.text).schemes
      return where(scheme !== undefined, `The HTML holds an address of the kind ${scheme ?? ''}:`)
    },
  },
  {
    symbol: 'LINK_ENCODED_HOST',
    points: 1.5,
    sees: ({ web }) => {
      const link = web.find(
        (one) =>
          /^[a-z]{3,5}:\/\/[^/?#]{0,200}%[0-9a-f]{2}/i.test(one.link.href) &&
          one.url.username === '',
      )
      return where(link !== undefined, `A link writes its host ${link?.host ?? ''} in codes`)
    },
  },
  {
    symbol: 'LINK_AND_LITTLE_ELSE',
    points: 0.5,
    sees: ({ web, message: { text } }) => {
      const words = `${text.plain} ${text.html}`.slice(0, 2_000).trim()
      return where(web.length > 0 && words.length < 150, 'It is a link and little else')
    },
  },
]

function hasAnotherInside(link: WebLink): boolean {
  const host = hostInside(link)
  return host !== undefined && !isSameOwner(host, link.domain)
}

const USUAL_PORTS: ReadonlySet<string> = new Set(['80', '443', '8080', '8443'])
const PRIVATE = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd])/i

import { isIPv6 } from 'node:net'

/** True for a text that is an SPF record (RFC 7208 §4.5). */
export function isSpf(text: string): boolean {
  return /^v=spf1( |$)/i.test(text)
}

/**
 * SPF records as one that lets us send, too: two of them count as none (RFC 7208 §4.5). What they allow stays allowed; we come
 * first, by `mx`, or by our addresses where `mx` stands there already and does not reach us.
 */
export function mergeSpf(texts: readonly string[], addresses: readonly string[]): string {
  const terms = texts.flatMap((text) => text.trim().split(/ +/).slice(1))
  const all = terms.findLast((term) => /^[-~?+]?all$/i.test(term))
  const rest = [...new Set(terms.filter((term) => !/^[-~?+]?all$/i.test(term)))]
  const hasMx = rest.some((term) => /^\+?mx$/i.test(term))
  const own = hasMx ? addresses.map((one) => `${isIPv6(one) ? 'ip6' : 'ip4'}:${one}`) : ['mx']
  const isRedirected = rest.some((term) => /^redirect=/i.test(term))
  // "all" makes a redirect mute (RFC 7208 §5.1).
  const end = all ?? (isRedirected ? undefined : '~all')
  return ['v=spf1', ...own, ...rest, ...(end === undefined ? [] : [end])].join(' ')
}

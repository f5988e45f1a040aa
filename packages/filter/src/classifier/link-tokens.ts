import { getDomain } from 'tldts'
import type { MessageLink } from '../filter-message.ts'
import { maxLinks } from './limits.ts'
import type { TokenSet } from './token-set.ts'

/**
 * Where links lead: host and registrable domain, the first half of an address, the domain of a mailbox. Paths, parameters and
 * counts say more of the program that made a link than of who wants to be found; the five-fold trial came out better without.
 */
export function addLinkTokens(tokens: TokenSet, links: readonly MessageLink[]): void {
  for (const { href } of links.slice(0, maxLinks)) {
    const url = URL.parse(href)
    if (url === null) continue
    if (url.protocol === 'mailto:') addMailbox(tokens, url.pathname)
    if (url.hostname !== '') addHost(tokens, url.hostname.toLowerCase())
  }
}

/** 0, 1, 2, 3-4, 5-8, 9-16 …: sizes as they count. */
export function bucket(count: number): number {
  return count <= 2 ? count : Math.ceil(Math.log2(count)) + 1
}

function addMailbox(tokens: TokenSet, path: string): void {
  const domain = path.slice(path.lastIndexOf('@') + 1).toLowerCase()
  if (domain !== '') tokens.add(`u:to ${domain}`)
}

function addHost(tokens: TokenSet, host: string): void {
  if (/^[\d.]+$|^\[/.test(host)) {
    tokens.add('u:address')
    tokens.add(`u:net ${host.split('.').slice(0, 2).join('.')}`)
    return
  }
  tokens.add(`u:host ${host}`)
  const domain = getDomain(host)
  if (domain !== null && domain !== host) tokens.add(`u:host ${domain}`)
}

import { getDomain } from 'tldts'
import type { MessageLink } from '../filter-message.ts'
import { maxLinks } from './limits.ts'
import type { TokenSet } from './token-set.ts'

/** Where links lead: host, registrable domain, pieces of the path, and what is odd about them. */
export function addLinkTokens(tokens: TokenSet, links: readonly MessageLink[]): void {
  const hosts = new Set<string>()
  for (const { href, shown } of links.slice(0, maxLinks)) {
    const url = URL.parse(href)
    if (url === null) {
      tokens.add('u:unreadable')
      continue
    }
    tokens.add(`u:${url.protocol}`)
    if (url.protocol === 'mailto:') addMailbox(tokens, url.pathname)
    if (url.hostname === '') continue
    hosts.add(url.hostname)
    addHost(tokens, url)
    addPath(tokens, url)
    if (shown !== undefined && /^\s*(https?:|www\.)/i.test(shown)) {
      tokens.add(shown.toLowerCase().includes(url.hostname) ? 'u:shown-true' : 'u:shown-other')
    }
  }
  tokens.add(`u:count ${bucket(links.length)}`)
  tokens.add(`u:hosts ${bucket(hosts.size)}`)
}

/** 0, 1, 2, 3-4, 5-8, 9-16 …: sizes as they count. */
export function bucket(count: number): number {
  return count <= 2 ? count : Math.ceil(Math.log2(count)) + 1
}

function addMailbox(tokens: TokenSet, path: string): void {
  const domain = path.slice(path.lastIndexOf('@') + 1).toLowerCase()
  if (domain !== '') tokens.add(`u:to ${domain}`)
}

function addHost(tokens: TokenSet, url: URL): void {
  const host = url.hostname.toLowerCase()
  if (/^[\d.]+$|^\[/.test(host)) {
    tokens.add('u:address')
    tokens.add(`u:net ${host.split('.').slice(0, 2).join('.')}`)
  } else {
    tokens.add(`u:host ${host}`)
    const domain = getDomain(host)
    if (domain !== null && domain !== host) tokens.add(`u:host ${domain}`)
    tokens.add(`u:top ${host.slice(host.lastIndexOf('.') + 1)}`)
  }
  if (url.port !== '') tokens.add('u:port')
  if (url.username !== '') tokens.add('u:user')
}

function addPath(tokens: TokenSet, { pathname, search }: URL): void {
  const pieces = pathname
    .toLowerCase()
    .split(/[/._-]+/)
    .filter((piece) => piece.length > 1)
  for (const piece of pieces.slice(0, 6)) tokens.add(`u:path ${shape(piece)}`)
  tokens.add(`u:depth ${Math.min(9, pieces.length)}`)
  if (search !== '') {
    for (const name of search.slice(1, 200).split('&').slice(0, 4)) {
      tokens.add(`u:query ${shape(name.split('=')[0]?.toLowerCase() ?? '')}`)
    }
  }
}

function shape(piece: string): string {
  return piece
    .slice(0, 16)
    .replace(/\d+/g, (digits) => (digits.length > 3 ? '9999' : '9'.repeat(digits.length)))
}

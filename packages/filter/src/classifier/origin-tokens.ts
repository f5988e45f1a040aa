import { parseAddressList, type Mailbox } from '@posthouse/message'
import { getDomain } from 'tldts'
import { bucket } from './link-tokens.ts'
import type { TokenSet } from './token-set.ts'
import { wordsOf } from './words.ts'

/** Mailboxes of an address field: their domains and names. `domains` gets the first one of each field. */
export function addAddresses(
  tokens: TokenSet,
  name: string,
  raw: string,
  domains: Map<string, string>,
): void {
  const list = parseAddressList(Buffer.from(raw, 'latin1'))
  tokens.add(`${name}:count ${bucket(list.length)}`)
  for (const mailbox of list.slice(0, 5)) addMailbox(tokens, name, mailbox, domains)
}

function addMailbox(
  tokens: TokenSet,
  name: string,
  mailbox: Mailbox,
  domains: Map<string, string>,
): void {
  const domain = mailbox.domain.toLowerCase()
  if (!domains.has(name)) domains.set(name, domain)
  tokens.add(`${name}:@${domain}`)
  const above = getDomain(domain)
  if (above !== null && above !== domain) tokens.add(`${name}:@${above}`)
  tokens.add(`${name}:.${domain.slice(domain.lastIndexOf('.') + 1)}`)
  tokens.add(`${name}:${mailbox.local.toLowerCase()}@`)
  if (mailbox.name === undefined) {
    tokens.add(`${name}:no name`)
    return
  }
  for (const word of wordsOf(mailbox.name, 6)) tokens.add(`${name}:${word}`)
  if (mailbox.name.includes('@')) tokens.add(`${name}:address as name`)
}

/** A Message-ID's domain and shape: what made it is known by it. */
export function addMessageId(tokens: TokenSet, raw: string, domains: Map<string, string>): void {
  const at = raw.lastIndexOf('@')
  if (at < 0) {
    tokens.add('id:odd')
    return
  }
  const domain = raw
    .slice(at + 1)
    .replace(/[>\s].*$/, '')
    .toLowerCase()
  domains.set('message-id', domain)
  const left = raw.slice(0, at).slice(0, 80)
  tokens.add(
    `id:${left
      .replace(/\d+/g, '9')
      .replace(/[A-Z]+/g, 'A')
      .replace(/[a-z]+/g, 'a')
      .replace(/(?:9[Aa]+|[Aa]+9)+9?/g, 'x')}`,
  )
  tokens.add(`id:@${getDomain(domain) ?? domain}`)
}

/** Whether what should agree does: From with Reply-To, Message-ID and To. */
export function addComparisons(tokens: TokenSet, domains: ReadonlyMap<string, string>): void {
  const from = domains.get('from') ?? ''
  for (const name of ['reply-to', 'message-id', 'to'] as const) {
    const other = domains.get(name)
    if (other === undefined) tokens.add(`c:no ${name}`)
    else tokens.add(`c:${name} ${sameOwner(from, other) ? 'like' : 'unlike'} from`)
  }
}

function sameOwner(one: string, other: string): boolean {
  return one === other || (getDomain(one) ?? one) === (getDomain(other) ?? other)
}

import { isUtf8 } from 'node:buffer'
import { parseMailboxListStrict } from '@posthouse/message'
import { domainName } from '../domain-name.ts'
import type { MessageView } from '../message-view.ts'

/** The Author Domain (RFC 9989 §5.3.1), or why a message has none. */
export type Author =
  | { readonly ok: true; readonly domain: string }
  | { readonly ok: false; readonly because: string }

/**
 * The domain of From. There must be one such field, a mailbox-list by the letter, all of it at one domain: whatever two readers
 * could read in two ways has no author.
 */
export function authorOf({ byName, flaw }: MessageView): Author {
  if (flaw !== undefined) return { ok: false, because: flaw }
  const [from, ...others] = byName.get('from') ?? []
  if (from === undefined) return { ok: false, because: 'there is no From' }
  if (others.length > 0) return { ok: false, because: `From stands ${others.length + 1} times` }
  const text = readable(from.raw.value)
  const list = parseMailboxListStrict(text)
  if (!list.ok) return { ok: false, because: 'From is no list of addresses' }
  const isGuessed = typeof text === 'string'
  if (isGuessed && list.mailboxes.some(({ address }) => address.includes(unknownLetter)))
    return { ok: false, because: 'an address in From is in an unknown charset' }
  const domains = new Set(list.mailboxes.map(({ domain }) => domainName(domain)))
  const [domain, ...more] = domains
  if (more.length > 0) return { ok: false, because: 'From has addresses at several domains' }
  if (domain === undefined || domain.startsWith('['))
    return { ok: false, because: 'the address in From has no domain name' }
  return { ok: true, domain }
}

/** Stands for an octet of some charset. */
const unknownLetter = '\u00ff'

/**
 * QUIRK: names in Latin-1 or another charset, raw (1 of 1,502 real messages). In all charsets that mail is written in, the octets
 * of `"`, `<`, `>` and `,` are nothing else; a backslash may be half of a letter in some, which two readers would read in two
 * ways: a field with one stays what it is, no list of addresses.
 */
function readable(value: Buffer): Buffer | string {
  if (isUtf8(value) || value.includes(BACKSLASH)) return value
  return value.toString('latin1').replace(/[\x80-\xff]/g, unknownLetter)
}

const BACKSLASH = 92

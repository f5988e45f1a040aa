import { domainToUnicode } from 'node:url'
import { parseMailboxListStrict, type Mailbox } from '@posthouse/message'
import { isHostName, parsePath, spellLocal } from '@posthouse/smtp'
import type { StrictField, StrictHeader } from './strict-header.ts'

/** Who a message says it is from: the addresses to check, and whether Sender has to be added. */
export interface Author {
  /** Of From and Sender, as they are looked up. */
  readonly addresses: readonly string[]
  /** Several authors and no Sender (RFC 5322 §3.6.2). */
  readonly needsSender: boolean
  /** There was no From. */
  readonly isAdded: boolean
}

/**
 * Reads From and Sender by the letter (RFC 5322 §3.6.2): exactly one From of one or more mailboxes,
 * no groups; at most one Sender, of one mailbox. Without From it is the fallback's. Undefined for everything else: what two readers
 * could read in two ways is refused (RFC 6409 §6.1, §8.1).
 */
export function readAuthor({ fields }: StrictHeader, fallback: string): Author | undefined {
  const from = fields.filter(({ name }) => name === 'from')
  const sender = fields.filter(({ name }) => name === 'sender')
  if (from.length > 1 || sender.length > 1) return undefined
  const isAdded = from.length === 0
  const authors = isAdded ? [] : mailboxes(from[0])
  const agents = sender.length === 0 ? [] : mailboxes(sender[0])
  if (authors === undefined || (authors.length === 0 && !isAdded)) return undefined
  if (agents === undefined || agents.length > 1) return undefined
  const addresses = [...(isAdded ? [fallback] : []), ...[...authors, ...agents].map(addressOf)]
  const known = addresses.filter((address) => address !== undefined)
  if (known.length < addresses.length) return undefined
  return { addresses: known, needsSender: authors.length > 1 && sender.length === 0, isAdded }
}

function mailboxes(field: StrictField | undefined): readonly Mailbox[] | undefined {
  if (field === undefined) return undefined
  const read = parseMailboxListStrict(field.value)
  return read.ok ? read.mailboxes : undefined
}

/**
 * The address with its domain as A-label; undefined where another reader could see another one: a
 * domain that is none or not spelled as its A-label says, characters that do not show, and what
 * looks like an encoded word, which some decode even here.
 */
function addressOf({ local, domain }: Mailbox): string | undefined {
  if (local.includes('=?') || domain.includes('=?')) return undefined
  const path = parsePath(`${spellLocal(local)}@${domain}`)
  if (path === undefined || !isHostName(path.domain)) return undefined
  const spelled = domain.toLowerCase()
  return [path.domain, domainToUnicode(path.domain)].includes(spelled) ? path.address : undefined
}

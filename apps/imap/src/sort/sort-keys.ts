import type { SortKey } from '@posthouse/imap-wire'
import { baseSubject, decodeWords } from '@posthouse/message'
import type { MessageRow, StoredFacts } from '@posthouse/store'
import { limits } from '../limits.ts'
import { collationKey } from './collation.ts'
import { firstAddress } from './envelope-address.ts'

/** Facts that SORT can need. */
export type SortFact = 'envelope' | 'sentAt' | 'subject'

/** What is known of a message when its keys are made. */
export interface SortedMessage {
  readonly row: Pick<MessageRow, 'received' | 'size'>
  readonly facts: Partial<Pick<StoredFacts, SortFact>>
}

/** A key's value: keys of one kind are compared. */
export type SortValue = number | string

/** What a key needs to read, and how its value is made of it (RFC 5256 §3, RFC 5957 §3). */
interface KeySpec {
  readonly fact?: SortFact
  value(message: SortedMessage): SortValue
}

const keys: Readonly<Record<SortKey, KeySpec>> = {
  ARRIVAL: { value: ({ row }) => row.received },
  SIZE: { value: ({ row }) => row.size },
  DATE: { fact: 'sentAt', value: ({ row, facts }) => sentTime(facts.sentAt, row.received) },
  SUBJECT: { fact: 'subject', value: ({ facts }) => text(baseSubject(facts.subject ?? '').text) },
  FROM: { fact: 'envelope', value: ({ facts }) => mailboxOf(facts, 'from') },
  TO: { fact: 'envelope', value: ({ facts }) => mailboxOf(facts, 'to') },
  CC: { fact: 'envelope', value: ({ facts }) => mailboxOf(facts, 'cc') },
  DISPLAYFROM: { fact: 'envelope', value: ({ facts }) => displayOf(facts, 'from') },
  DISPLAYTO: { fact: 'envelope', value: ({ facts }) => displayOf(facts, 'to') },
}

/** The fact that a key needs, where memory does not answer it. */
export function factOfKey(key: SortKey): SortFact | undefined {
  return keys[key].fact
}

/** The value of a key for one message. */
export function sortValue(key: SortKey, message: SortedMessage): SortValue {
  return keys[key].value(message)
}

/** Seconds since 1970 of the sent date; the internal date where there is none (RFC 5256 §2.2). */
export function sentTime(sentAt: Date | null | undefined, received: number): number {
  return sentAt == null ? received : sentAt.getTime() / 1000
}

/** A text's key. Two that agree for so long are taken for equal. */
function text(value: string): string {
  return collationKey(value.slice(0, limits.sortKeyCharacters))
}

/** The local part of the first address (RFC 5256 §3): empty where there is none. */
function mailboxOf({ envelope }: SortedMessage['facts'], field: 'from' | 'to' | 'cc'): string {
  const address = envelope && firstAddress(envelope, field)
  return text(address?.mailbox?.toString('utf8') ?? '')
}

/** The display name of the first address, its address where it has none (RFC 5957 §3). */
function displayOf({ envelope }: SortedMessage['facts'], field: 'from' | 'to'): string {
  const address = envelope && firstAddress(envelope, field)
  if (!address) return ''
  const name = address.name === null ? '' : decodeWords(address.name)
  if (name !== '') return text(name)
  const mailbox = address.mailbox?.toString('utf8') ?? ''
  return text(address.host === null ? mailbox : `${mailbox}@${address.host.toString('utf8')}`)
}

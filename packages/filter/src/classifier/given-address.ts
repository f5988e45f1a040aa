import { parse } from 'tldts'
import type { FilterRecipient } from '../filter-message.ts'
import { firstOf, type Field } from './field-list.ts'

/** `ada+shop`, `ada-shop`: what stands behind the first of these signs. */
const tag = /^[^+-]+[+-](.{3,})$/
/** Recipients that are looked at. */
const mostRecipients = 20

/**
 * Whether an address of the envelope was made for this sender: `ada+shop@…`, and From or Reply-To is at shop.example. Who has such
 * an address gave it away himself. Only the envelope counts: To is what the sender likes to write. Where any tag is taken, a sender
 * can make one up, so this is a sign that is learnt, not a rule.
 */
export function isGivenToSender(
  recipients: readonly Pick<FilterRecipient, 'address'>[],
  fields: readonly Field[],
): boolean {
  const senders = `${firstOf(fields, 'from')} ${firstOf(fields, 'reply-to')}`.toLowerCase()
  const names = [...senders.matchAll(/@([\w.-]+)/g)].flatMap(([, host = '']) => {
    const name = parse(host).domainWithoutSuffix ?? ''
    return name.length >= 3 ? [name] : []
  })
  return recipients.slice(0, mostRecipients).some(({ address }) => {
    const written = tag.exec(address.slice(0, Math.max(0, address.lastIndexOf('@'))))?.[1]
    const made = written?.toLowerCase()
    return made !== undefined && names.some((name) => name.includes(made) || made.includes(name))
  })
}

import { headerFields, parseAddressList, type HeaderField } from '@posthouse/message'
import { parseStoreAddress } from '@posthouse/store'
import { isAutoSubmitted } from '../forwarding/passing-on.ts'

/** Where a message names whom it is for (RFC 5230 §4.5). */
const addressFields = new Set(['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc'])

/**
 * Senders behind which no person sits (RFC 3834 §2), what lists and bulk senders call theirs, and rewritten ones, which have another
 * name each day.
 */
const machine =
  /^(?:mailer-daemon|listserv|majordomo|mailman|owner-.*|.*-owner|.*-request|.*-relay|.*[-_]?bounces?|bounces?[-+=_].*|srs[01][=+-].*|(?:.*[-._+])?(?:no|do-?not|do_not|donot)[-_.]?reply(?:[-._+].*)?)$/i

/** Whether a sender may be one to answer: not the null sender, not a machine by its name. */
export function isAnswerableSender(sender: string): boolean {
  const at = sender.lastIndexOf('@')
  return at > 0 && !machine.test(sender.slice(0, at))
}

/**
 * Whether a header lets us answer (RFC 3834 §2, RFC 5230 §4.6): it is no automatic mail, of no list, not bulk, and it names one
 * of these addresses among its recipients (RFC 5230 §4.5), tags aside.
 */
export function isAnswerable(
  octets: Buffer,
  headerSize: number,
  addresses: readonly string[],
): boolean {
  if (isAutoSubmitted(octets, headerSize)) return false
  const fields = headerFields(octets, { start: 0, end: headerSize })
  return !fields.some(forbids) && names(fields, new Set(addresses.map(keyOf)))
}

function forbids({ name, value }: HeaderField): boolean {
  const key = name.toLowerCase()
  if (key.startsWith('list-')) return true
  const text = value.toString('latin1').trim().toLowerCase()
  if (key === 'precedence') return /^(?:bulk|list|junk)\b/.test(text)
  // QUIRK: Exchange asks for silence with a field of its own.
  return key === 'x-auto-response-suppress' && /\b(?:all|oof|autoreply)\b/.test(text)
}

function names(fields: readonly HeaderField[], wanted: ReadonlySet<string>): boolean {
  return fields
    .filter(({ name }) => addressFields.has(name.toLowerCase()))
    .flatMap(({ value }) => parseAddressList(value))
    .some(({ address }) => wanted.has(keyOf(address)))
}

/** An address without its tag, as it is compared. */
export function keyOf(address: string): string {
  const parsed = parseStoreAddress(address)
  if (parsed === undefined) return address.toLowerCase()
  return `${parsed.localKey.replace(/(?<=.)\+.*$/s, '')}@${parsed.domain}`
}

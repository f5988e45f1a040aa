import { type AddressEntry, parseAddressEntries } from './address-list.ts'
import { eachField, fieldValue } from './header-fields.ts'
import { imapOctets, imapString, nstring } from './imap-text.ts'
import { MAX_ADDRESS_FIELD_BYTES, MAX_VALUE_BYTES } from './limits.ts'
import type { PartNode } from './part.ts'
import { octetString, type Span } from './span.ts'

/** The fields of a header that ENVELOPE shows; values unfolded, as octets, addresses parsed. */
export interface EnvelopeFields {
  readonly text: ReadonlyMap<TextField, string>
  readonly addresses: ReadonlyMap<AddressField, readonly AddressEntry[]>
}

export type TextField = 'date' | 'subject' | 'in-reply-to' | 'message-id' | 'references'
export type AddressField = 'from' | 'sender' | 'reply-to' | 'to' | 'cc' | 'bcc'

/** `ENVELOPE` of a message (RFC 3501 §7.4.2): the entity whose header has From, To and so on. */
export function formatEnvelope(octets: Buffer, message: PartNode): Buffer {
  return imapOctets(envelopeText(readEnvelope(octets, message.header)))
}

/**
 * Reads the fields that ENVELOPE shows. The first of each counts; several To, Cc or Bcc fields
 * (RFC 5322 §3.6 allows one) are taken together.
 */
export function readEnvelope(octets: Buffer, header: Span): EnvelopeFields {
  const text = new Map<TextField, string>()
  const addresses = new Map<AddressField, readonly AddressEntry[]>()
  for (const field of eachField(octets, header)) {
    if (!NAME_STARTS[octets[field.start] ?? 0] || field.nameEnd - field.start > LONGEST_NAME)
      continue
    const name = octetString(octets, field.start, field.nameEnd).toLowerCase()
    if (isTextField(name)) {
      if (!text.has(name)) text.set(name, fieldValue(octets, field, MAX_VALUE_BYTES))
    } else if (isAddressField(name)) {
      const before = addresses.get(name)
      if (before !== undefined && !REPEATABLE.has(name)) continue
      if (before !== undefined && before.length > 0 && before.length >= MAX_REPEATED) continue
      const entries = parseAddressEntries(fieldValue(octets, field, MAX_ADDRESS_FIELD_BYTES))
      addresses.set(name, before === undefined ? entries : [...before, ...entries])
    }
  }
  return { text, addresses }
}

/** The parenthesised envelope, as an octet string. */
export function envelopeText({ text, addresses }: EnvelopeFields): string {
  const from = addressList(addresses.get('from'))
  // Absent or empty, these two default to From: the client is not expected to know (RFC 3501 §7.4.2).
  const orFrom = (field: AddressField): string => {
    const list = addressList(addresses.get(field))
    return list === 'NIL' ? from : list
  }
  return `(${[
    nstring(text.get('date')),
    nstring(text.get('subject')),
    from,
    orFrom('sender'),
    orFrom('reply-to'),
    addressList(addresses.get('to')),
    addressList(addresses.get('cc')),
    addressList(addresses.get('bcc')),
    nstring(text.get('in-reply-to')),
    nstring(text.get('message-id')),
  ].join(' ')})`
}

function addressList(entries: readonly AddressEntry[] | undefined): string {
  if (entries === undefined || entries.length === 0) return 'NIL'
  return `(${entries.map(addressText).join('')})`
}

/**
 * `(name route mailbox host)`. In a group's first element the host is NIL, in its last everything is;
 * so a mailbox without a host must not have NIL there.
 */
function addressText(entry: AddressEntry): string {
  if (entry.kind === 'group-end') return '(NIL NIL NIL NIL)'
  if (entry.kind === 'group') return `(NIL NIL ${imapString(entry.name)} NIL)`
  const local = imapString(entry.local ?? 'MISSING_MAILBOX')
  const domain = imapString(entry.domain ?? 'MISSING_DOMAIN')
  return `(${nstring(entry.name)} ${nstring(entry.route)} ${local} ${domain})`
}

function isTextField(name: string): name is TextField {
  return TEXT_FIELDS.has(name)
}

function isAddressField(name: string): name is AddressField {
  return ADDRESS_FIELDS.has(name)
}

const TEXT_FIELDS: ReadonlySet<string> = new Set<TextField>([
  'date',
  'subject',
  'in-reply-to',
  'message-id',
  'references',
])
const ADDRESS_FIELDS: ReadonlySet<string> = new Set<AddressField>([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
])
const REPEATABLE: ReadonlySet<AddressField> = new Set<AddressField>(['to', 'cc', 'bcc'])
const LONGEST_NAME = 11
/** First octets of these names, in both cases: most fields are passed over by it. */
const NAME_STARTS = new Uint8Array(256)
for (const name of [...TEXT_FIELDS, ...ADDRESS_FIELDS]) {
  NAME_STARTS[name.charCodeAt(0)] = 1
  NAME_STARTS[name.toUpperCase().charCodeAt(0)] = 1
}
/** A field that comes back more often than this is not added up any more. */
const MAX_REPEATED = 4_096

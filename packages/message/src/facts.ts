import type { AddressEntry } from './address-list.ts'
import { readableAddresses } from './address.ts'
import { formatBodyStructure } from './body-structure.ts'
import { type DateTime, parseDateTime } from './date-time.ts'
import { type EnvelopeFields, envelopeText, readEnvelope } from './envelope.ts'
import { imapOctets } from './imap-text.ts'
import { MAX_KEPT_HEADER_BYTES, MAX_SEARCH_TEXT } from './limits.ts'
import { indexMessage } from './mime-index.ts'
import { encodeParts } from './parts-codec.ts'
import { previewOf } from './preview.ts'
import { capText, cleanText, guessOctetString } from './unicode.ts'
import { decodeWords } from './words.ts'

/**
 * Everything the store keeps about a content, computed once at delivery. Texts are Unicode, well
 * formed, without NUL; texts for searching are decoded, lower-cased and capped.
 */
export interface MessageFacts {
  readonly size: number
  /** IMAP `ENVELOPE` value, ready to send (RFC 3501 §7.4.2). */
  readonly envelope: Buffer
  /** IMAP `BODY` value, ready to send. */
  readonly body: Buffer
  /** IMAP `BODYSTRUCTURE` value, ready to send. */
  readonly bodyStructure: Buffer
  /** `encodeParts` of the index: offsets into the content. */
  readonly parts: Buffer
  /** Length of the top header block with its blank line, in octets. */
  readonly headerSize: number
  /** The top header block with its blank line; null where it is longer than 64 KiB: read the content. */
  readonly header: Buffer | null
  /** `name <address>, …`, decoded, lower-cased. */
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly bcc: string
  /** Decoded, lower-cased. */
  readonly subject: string
  /** `<id@host>` as written, at most 998 characters. */
  readonly messageId: string | null
  readonly inReplyTo: string | null
  /** Message ids of References, oldest first, at most 100 (the first and the last ones). */
  readonly references: readonly string[]
  readonly sentAt: Date | null
  /** The calendar day of the Date field in its own zone, `YYYY-MM-DD`: SENTON, SENTBEFORE, SENTSINCE. */
  readonly sentDay: string | null
  /** The beginning of the text, white space collapsed, at most 200 characters (RFC 8970). */
  readonly preview: string
}

/**
 * Computes all of it; never throws, whatever the octets. One index, one pass over the top header.
 */
export function computeFacts(octets: Buffer): MessageFacts {
  const message = indexMessage(octets)
  const fields = readEnvelope(octets, message.header)
  const headerSize = message.header.end
  const sent = dateOf(fields)
  return {
    size: octets.length,
    envelope: imapOctets(envelopeText(fields)),
    body: formatBodyStructure(octets, message, { extended: false }),
    bodyStructure: formatBodyStructure(octets, message, { extended: true }),
    parts: encodeParts(message),
    headerSize,
    header: headerSize > MAX_KEPT_HEADER_BYTES ? null : Buffer.from(octets.subarray(0, headerSize)),
    from: searchable(fields.addresses.get('from')),
    to: searchable(fields.addresses.get('to')),
    cc: searchable(fields.addresses.get('cc')),
    bcc: searchable(fields.addresses.get('bcc')),
    subject: lowered(decodeWords(fields.text.get('subject') ?? '')),
    messageId: messageId(fields.text.get('message-id')),
    inReplyTo: messageId(fields.text.get('in-reply-to')),
    references: messageIds(fields.text.get('references') ?? ''),
    sentAt: sent?.instant ?? null,
    sentDay: sent?.day ?? null,
    preview: previewOf(octets, message),
  }
}

function dateOf(fields: EnvelopeFields): DateTime | undefined {
  return parseDateTime(fields.text.get('date') ?? '')
}

function searchable(entries: readonly AddressEntry[] | undefined): string {
  return lowered(readableAddresses((entries ?? []).slice(0, MAX_SEARCHED_ADDRESSES)))
}

function lowered(text: string): string {
  return capText(capText(cleanText(text), MAX_SEARCH_TEXT).toLowerCase(), MAX_SEARCH_TEXT)
}

/** The first `<…>`, else the whole value; null where there is none. */
function messageId(value: string | undefined): string | null {
  if (value === undefined || value === '') return null
  const text = MESSAGE_ID.exec(value)?.[0] ?? value
  return capText(cleanText(guessOctetString(text)), MAX_ID)
}

function messageIds(value: string): string[] {
  const ids = value.match(MESSAGE_IDS) ?? []
  const kept =
    ids.length > MAX_REFERENCES ? [...ids.slice(0, 1), ...ids.slice(1 - MAX_REFERENCES)] : ids
  return kept.map((id) => cleanText(guessOctetString(id)))
}

const MESSAGE_ID = /<[^<>\s]{1,996}>/
const MESSAGE_IDS = new RegExp(MESSAGE_ID, 'g')
const MAX_ID = 998
const MAX_REFERENCES = 100
/** More cannot stand in the searchable text. */
const MAX_SEARCHED_ADDRESSES = 1_024

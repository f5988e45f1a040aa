import type { StrictField, StrictHeader } from './strict-header.ts'

/** What is put in where it is missing. */
export interface Completion {
  /** A date-time (RFC 5322 §3.3). */
  readonly date: string
  /** With its brackets. */
  readonly messageId: string
  /** An address, where Sender has to be added. */
  readonly sender: string | undefined
  /** An address, where From has to be added. */
  readonly from: string | undefined
}

/** Blind copies stay blind (RFC 5322 §3.6.3): these fields end here. */
const hidden: ReadonlySet<string> = new Set(['bcc', 'resent-bcc'])

/**
 * The message as it goes on: Date, Message-ID and From added where they are missing (RFC 6409 §8.2,
 * §8.3), Sender where it is needed (§8.1), MIME-Version where there is MIME; Bcc taken out. The same buffer where nothing is to be
 * done; every other octet stays as it came.
 */
export function complete(octets: Buffer, header: StrictHeader, completion: Completion): Buffer {
  const kept = header.fields.filter(({ name }) => !hidden.has(name))
  const added = additions(kept, completion)
  if (added === '' && kept.length === header.fields.length) return octets
  return Buffer.concat([Buffer.from(added), ...kept.map(({ raw }) => raw), header.rest])
}

function additions(fields: readonly StrictField[], completion: Completion): string {
  const names = new Set(fields.map(({ name }) => name))
  const { date, messageId, sender, from } = completion
  const isMime = names.has('content-type') || names.has('content-transfer-encoding')
  return [
    names.has('date') ? '' : `Date: ${date}\r\n`,
    names.has('message-id') ? '' : `Message-ID: ${messageId}\r\n`,
    from === undefined ? '' : `From: <${from}>\r\n`,
    sender === undefined ? '' : `Sender: <${sender}>\r\n`,
    // RFC 2045 §4: without it readers may take MIME for plain text.
    isMime && !names.has('mime-version') ? 'MIME-Version: 1.0\r\n' : '',
  ].join('')
}

import type { AddressObject, Attachment, ParsedMail } from 'mailparser'
import { printable } from '../output/table.ts'
import { integer, listOf, object, optional, orNull, string } from '../output/shape.ts'

/** More text than this nobody reads in a terminal; of what is longer the beginning is shown, and it is said. */
const mostCharacters = 64 * 1024

/** HTML of more octets is not turned into text: that takes far longer than it is worth. */
const mostHtmlBytes = 1024 * 1024

/** What is attached, without what is in it: the size is in octets, decoded. */
export type AttachmentLine = Readonly<{ name: string | null; type: string; size: number }>

/** A message as a person reads it: decoded, without markup, what is attached as a list. */
export interface ReadableMessage {
  readonly from: string
  readonly to: string
  readonly cc: string
  /** RFC 3339; null when there is none that can be read. */
  readonly date: string | null
  readonly subject: string
  readonly text: string
  readonly attachments: readonly AttachmentLine[]
}

/**
 * Reads a message for showing it to a person: words and charsets decoded (RFC 2047, RFC 2045), text in place of HTML,
 * and nothing in it that steers a terminal. It is for eyes only: what is not mail at all gives empty fields.
 */
export async function readableMessage(octets: Buffer): Promise<ReadableMessage> {
  // It takes a quarter of a second to load, which commands that show no mail do not wait for.
  const { simpleParser } = await import('mailparser')
  const parsed = await simpleParser(octets, {
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
    maxHtmlLengthToParse: mostHtmlBytes,
  })
  const date = parsed.date?.getTime() ?? NaN
  return {
    from: addressesOf(parsed.from),
    to: addressesOf(parsed.to),
    cc: addressesOf(parsed.cc),
    date: Number.isNaN(date) ? null : new Date(date).toISOString(),
    subject: printable(parsed.subject ?? ''),
    text: textOf(parsed),
    attachments: parsed.attachments.map((part) => attachmentRow(part)),
  }
}

/** The form of {@link readableFields}. */
export const readableShapes = {
  readableText: optional(string),
  attachments: optional(listOf(object({ name: orNull(string), type: string, size: integer }))),
} as const

/** What of it a document for programs gets: the rest stands in its header. */
export function readableFields(message: ReadableMessage | undefined): {
  readonly readableText?: string
  readonly attachments?: readonly AttachmentLine[]
} {
  return message === undefined
    ? {}
    : { readableText: message.text, attachments: message.attachments }
}

/** The message as lines for a terminal. */
export function readableLines(message: ReadableMessage): readonly string[] {
  const { from, to, cc, date, subject, text, attachments } = message
  const fields = { From: from, To: to, Cc: cc, Date: date ?? '', Subject: subject }
  return [
    ...Object.entries(fields)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${`${name}:`.padEnd(9)}${value}`),
    '',
    ...(text === '' ? ['(no text)'] : text.split('\n')),
    ...(attachments.length === 0 ? [] : ['']),
    ...attachments.map(({ name, type, size }) => `[${name ?? 'no name'}, ${type}, ${size} octets]`),
  ]
}

function addressesOf(field: AddressObject | readonly AddressObject[] | undefined): string {
  const objects = field === undefined ? [] : 'value' in field ? [field] : field
  return printable(objects.map(({ text }) => text).join(', '))
}

function textOf({ text = '' }: ParsedMail): string {
  const lines = text.trim().slice(0, mostCharacters).split(/\r?\n/).map(printable)
  const more = text.length - mostCharacters
  return [...lines, ...(more > 0 ? ['', `(${more} characters more)`] : [])].join('\n')
}

function attachmentRow({ filename, contentType, size }: Attachment): AttachmentLine {
  const name = filename === undefined ? null : printable(filename)
  // False where Content-Type says nothing that can be read, whatever the declaration promises.
  const type: unknown = contentType
  return { name, type: typeof type === 'string' ? printable(type) : 'unknown type', size }
}

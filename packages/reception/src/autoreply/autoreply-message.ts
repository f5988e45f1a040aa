import { isAscii } from 'node:buffer'
import {
  decodeWords,
  encodeWords,
  foldLine,
  formatDateTime,
  headerFields,
  headerValue,
  type MessageFacts,
} from '@posthouse/message'
import type { DueAutoreply } from '@posthouse/store'

/** An answer to be made. */
export interface AutoreplyContent {
  readonly reply: Pick<DueAutoreply, 'subject' | 'body' | 'name'>
  /** The account's address. */
  readonly from: string
  /** The envelope sender of what is answered (RFC 3834 §4). */
  readonly to: string
  /** With angle brackets. */
  readonly messageId: string
  readonly date: Date
  /** What is answered. */
  readonly original: { readonly octets: Buffer; readonly facts: MessageFacts }
}

/** Longer than this a stranger's subject says nothing more. */
const mostSubject = 200
/** Of a long thread, its end. */
const mostReferences = 20
/** RFC 5322 §2.1.1. */
const longestLine = 998

/**
 * Writes an answer (RFC 3834 §3.1, RFC 5230 §5): in the account's name, to the envelope sender, tied to what it answers, and
 * marked as automatic so that nobody's machine answers it. Nothing of the original stands in it but ids and, where the owner
 * gave none, its subject; controls in them become spaces.
 */
export function autoreplyOctets(content: AutoreplyContent): Buffer {
  const { reply, from, to, messageId, date, original } = content
  const subject = reply.subject ?? `Auto: ${subjectOf(original)}`
  const { encoding, text } = bodyOf(reply.body)
  const header = [
    `Date: ${formatDateTime(date)}`,
    ...foldLine(`From: ${phraseOf(reply.name)}<${headerValue(from)}>`),
    `To: <${headerValue(to)}>`,
    ...foldLine(`Subject: ${encodeWords(headerValue(subject))}`),
    `Message-ID: ${headerValue(messageId)}`,
    ...threadOf(original),
    'Auto-Submitted: auto-replied',
    // QUIRK: Exchange answers automatic answers that do not ask it not to.
    'X-Auto-Response-Suppress: All',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${encoding}`,
  ]
  return Buffer.from(`${header.join('\r\n')}\r\n\r\n${text}`)
}

function subjectOf({ octets, facts }: AutoreplyContent['original']): string {
  const field = headerFields(octets, { start: 0, end: facts.headerSize }).find(
    ({ name }) => name.toLowerCase() === 'subject',
  )
  if (field === undefined) return ''
  return headerValue(decodeWords(field.value)).slice(0, mostSubject).toWellFormed()
}

/** A display name: quoted, or in encoded words, which stand outside of quotes (RFC 2047 §5). */
function phraseOf(name: string): string {
  const text = headerValue(name)
  if (text === '') return ''
  const encoded = encodeWords(text)
  return encoded === text ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}" ` : `${encoded} `
}

/** RFC 5322 §3.6.4, RFC 3834 §3.1.6; nothing where the original has no id. */
function threadOf({ facts }: AutoreplyContent['original']): readonly string[] {
  const { messageId, references } = facts
  if (messageId === null || !isId(messageId)) return []
  const earlier = references.filter((id) => isId(id) && id !== messageId).slice(1 - mostReferences)
  return [
    `In-Reply-To: ${messageId}`,
    ...foldLine(`References: ${[...earlier, messageId].join(' ')}`),
  ]
}

/** One that can stand in a header as it is, whole. */
function isId(id: string): boolean {
  return /^<[!-;=?-~]{1,230}>$/.test(id)
}

/** Text lines as they are where they may be; else base64, whose lines have 76 characters (RFC 2045 §6.8). */
function bodyOf(body: string): { readonly encoding: '7bit' | 'base64'; readonly text: string } {
  const lines = body.trimEnd().split(/\r\n|\r|\n/)
  const text = `${lines.join('\r\n')}\r\n`
  const octets = Buffer.from(text)
  if (isAscii(octets) && lines.every(({ length }) => length <= longestLine)) {
    return { encoding: '7bit', text }
  }
  const encoded = octets.toString('base64').match(/.{1,76}/g) ?? []
  return { encoding: 'base64', text: `${encoded.join('\r\n')}\r\n` }
}

import { decodeCharset } from './charset.ts'
import { paramValue } from './content-fields.ts'
import { htmlText } from './html-text.ts'
import { PREVIEW_CHARACTERS } from './limits.ts'
import { eachLeaf } from './part-text.ts'
import type { MimePart } from './part.ts'
import { decodeTransfer } from './transfer.ts'
import { capText, cleanText } from './unicode.ts'

/**
 * The beginning of what a reader sees, in one line (RFC 8970 §2): of the first plain text part, else
 * the first HTML part, attachments excepted. Only the first few kilobytes are looked at.
 */
export function previewOf(octets: Buffer, message: MimePart): string {
  let html: MimePart | undefined
  let seen = 0
  for (const part of eachLeaf(message)) {
    if ((seen += 1) > MAX_LEAVES) break
    if (part.type.toLowerCase() !== 'text' || isAttachment(part)) continue
    const subtype = part.subtype.toLowerCase()
    if (subtype === 'html') html ??= part
    else if (part.body.end > part.body.start) return oneLine(textOf(octets, part, MAX_TEXT_OCTETS))
  }
  return html === undefined ? '' : oneLine(htmlText(textOf(octets, html, MAX_HTML_OCTETS)))
}

function isAttachment(part: MimePart): boolean {
  return part.disposition?.type.toLowerCase() === 'attachment'
}

function textOf(octets: Buffer, part: MimePart, cap: number): string {
  const end = Math.min(part.body.end, part.body.start + cap)
  const beginning = decodeTransfer(octets.subarray(part.body.start, end), part.encoding)
  return decodeCharset(beginning, paramValue(part.params, 'charset') ?? '')
}

/** Mostly the first few hundred characters are enough; they are tried first. */
function oneLine(text: string): string {
  const line = collapsed(text.slice(0, PREVIEW_CHARACTERS * 4))
  const whole = line.length < PREVIEW_CHARACTERS ? collapsed(text) : line
  return capText(whole, PREVIEW_CHARACTERS).trimEnd()
}

function collapsed(text: string): string {
  return cleanText(text.replace(/[\s\p{Cc}\p{Cf}\ufffd]+/gu, ' ')).trim()
}

const MAX_LEAVES = 100
/** Enough for 200 characters in any encoding. */
const MAX_TEXT_OCTETS = 2_048
/** HTML begins with style sheets. A multiple of 4, so that base64 is cut between groups. */
const MAX_HTML_OCTETS = 32_768

import { envelopeText, readEnvelope } from './envelope.ts'
import { imapOctets, imapString, nstring } from './imap-text.ts'
import { paramValue } from './content-fields.ts'
import type { Disposition, MimePart, Param } from './part.ts'

/**
 * `BODYSTRUCTURE` (extended) or `BODY` of a part (RFC 3501 §7.4.2, RFC 9051 §7.5.2), ready to send.
 * Text parts without a charset are shown with the default, us-ascii (RFC 2046 §4.1.2), as clients
 * are used to.
 */
export function formatBodyStructure(
  octets: Buffer,
  part: MimePart,
  options: { readonly extended: boolean },
): Buffer {
  return imapOctets(partText(octets, part, options.extended))
}

function partText(octets: Buffer, part: MimePart, extended: boolean): string {
  const items =
    part.children.length > 0 ? multipart(octets, part, extended) : single(octets, part, extended)
  return `(${items})`
}

function multipart(octets: Buffer, part: MimePart, extended: boolean): string {
  const children = part.children.map((child) => partText(octets, child, extended)).join('')
  const basic = `${children} ${imapString(part.subtype)}`
  return extended ? `${basic} ${paramList(part.params)} ${common(part)}` : basic
}

function single(octets: Buffer, part: MimePart, extended: boolean): string {
  const isText = part.type.toLowerCase() === 'text'
  const items = [
    imapString(part.type),
    imapString(part.subtype),
    paramList(isText ? withCharset(part.params) : part.params),
    nstring(part.id),
    nstring(part.description),
    imapString(part.encoding),
    String(part.body.end - part.body.start),
  ]
  if (part.message !== undefined) {
    items.push(envelopeText(readEnvelope(octets, part.message.header)))
    items.push(partText(octets, part.message, extended))
  }
  if (isText || part.message !== undefined) items.push(String(part.lines))
  if (extended) items.push(nstring(part.md5), common(part))
  return items.join(' ')
}

/** Disposition, language, location: what both kinds of extension data end with. */
function common(part: MimePart): string {
  const language =
    part.language.length === 0 ? 'NIL' : `(${part.language.map(imapString).join(' ')})`
  return `${dispositionText(part.disposition)} ${language} ${nstring(part.location)}`
}

function dispositionText(disposition: Disposition | undefined): string {
  if (disposition === undefined) return 'NIL'
  return `(${imapString(disposition.type)} ${paramList(disposition.params)})`
}

function paramList(params: readonly Param[]): string {
  if (params.length === 0) return 'NIL'
  const pairs = params.map(({ name, value }) => `${imapString(name)} ${imapString(value)}`)
  return `(${pairs.join(' ')})`
}

function withCharset(params: readonly Param[]): readonly Param[] {
  if (paramValue(params, 'charset') !== undefined) return params
  return [...params, { name: 'charset', value: 'us-ascii' }]
}

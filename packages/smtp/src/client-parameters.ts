import type { WireParameters } from './client-link.ts'
import { isAscii } from './mail-path.ts'
import type { OutboundMessage, OutboundRecipient } from './outcome.ts'
import { encodeXtext } from './xtext.ts'

/** What of a message's wishes goes into MAIL and RCPT, given what the peer offers. */
export function wireParameters(
  message: OutboundMessage,
  extensions: ReadonlyMap<string, string>,
): WireParameters {
  const hasDsn = extensions.has('DSN')
  const mail: string[] = []
  const { sender, recipients, needsSmtpUtf8, returnContent, envelopeId } = message
  // nodemailer adds SMTPUTF8 by itself where an address asks for it, and only there.
  const isAsciiEnvelope = isAscii(sender) && recipients.every(({ address }) => isAscii(address))
  if (needsSmtpUtf8 && isAsciiEnvelope && extensions.has('SMTPUTF8')) mail.push('SMTPUTF8')
  // RFC 8689 §4.2.1, step 5; a peer without it is not sent the message at all.
  if (message.requiresTls === true) mail.push('REQUIRETLS')
  if (hasDsn && returnContent !== undefined) {
    mail.push(`RET=${returnContent === 'full' ? 'FULL' : 'HDRS'}`)
  }
  if (hasDsn && envelopeId !== undefined) mail.push(`ENVID=${encodeXtext(envelopeId)}`)
  const isUtf8 = extensions.has('SMTPUTF8')
  return {
    mail: join(mail),
    rcpt: new Map(
      recipients.map((recipient) => [
        recipient.address,
        hasDsn ? join(rcptParameters(recipient, isUtf8)) : '',
      ]),
    ),
  }
}

function rcptParameters(recipient: OutboundRecipient, isUtf8: boolean): readonly string[] {
  const { notify, originalRecipient } = recipient
  const words: string[] = []
  if (notify !== undefined && notify.length > 0) {
    words.push(`NOTIFY=${notify.join(',').toUpperCase()}`)
  }
  const original =
    originalRecipient === undefined ? undefined : encodeOriginal(originalRecipient, isUtf8)
  if (original !== undefined) words.push(`ORCPT=${original}`)
  return words
}

/** `type;xtext`; characters beyond ASCII as `\x{…}` for a peer without SMTPUTF8 (RFC 6533 §3). */
function encodeOriginal(original: string, isUtf8: boolean): string | undefined {
  const semicolon = original.indexOf(';')
  if (semicolon < 1) return undefined
  const address = encodeXtext(original.slice(semicolon + 1))
  const spelled = isUtf8 || isAscii(address) ? address : escapeWide(address)
  return `${original.slice(0, semicolon)};${spelled}`
}

function escapeWide(text: string): string {
  return Array.from(text, (char) => {
    const point = char.codePointAt(0) ?? 0
    return point < 0x80 ? char : `\\x{${point.toString(16).toUpperCase()}}`
  }).join('')
}

function join(words: readonly string[]): string {
  return words.map((word) => ` ${word}`).join('')
}

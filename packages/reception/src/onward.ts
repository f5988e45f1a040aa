import type { MailCommand } from '@posthouse/smtp'
import type { QueueSubmission } from '@posthouse/store'

/** `TLS-Required: No` (RFC 8689 §5), in whatever case, with comments and folding about it. */
const TLS_REQUIRED_NO = /^tls-required[ \t]*:(?:\s|\([^()]*\))*no(?:\s|\([^()]*\))*$/im

/** What the sender asks of the way on: TLS by all means or by none (RFC 8689), not before a time (RFC 4865). */
export function onwardOf(
  mail: MailCommand,
  header: Uint8Array,
): Pick<QueueSubmission, 'requiresTls' | 'isTlsOptional' | 'releaseAt'> {
  const { requiresTls = false, releaseAt } = mail
  return {
    requiresTls,
    // REQUIRETLS wins over the field (RFC 8689 §5).
    isTlsOptional: !requiresTls && saysTlsOptional(header),
    ...(releaseAt !== undefined && { releaseAt }),
  }
}

function saysTlsOptional(header: Uint8Array): boolean {
  const text = Buffer.from(header).toString('latin1')
  if (!/^tls-required[ \t]*:/im.test(text)) return false
  const unfolded = text.replaceAll(/\r?\n(?=[ \t])/g, '')
  return unfolded.split(/\r?\n/).some((line) => TLS_REQUIRED_NO.test(line))
}

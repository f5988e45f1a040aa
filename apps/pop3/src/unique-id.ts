import type { AccountSettings, Uid } from '@posthouse/store'
import { lineBytes, ListingLines } from './listing-lines.ts'

type Format = AccountSettings['pop3.uidl']

/**
 * A message's unique id (RFC 1939 §7): UIDVALIDITY and UID, never given twice, the same in every session, and an operator can
 * tell which IMAP message it is. Dovecot's is what its `pop3_uidl_format` gives as shipped, `%08Xu%08Xv`.
 */
export function writeUniqueId(
  lines: ListingLines,
  format: Format,
  uidValidity: number,
  uid: Uid,
): void {
  if (format === 'dovecot') lines.hex8(uid).hex8(uidValidity)
  else lines.decimal(uidValidity).text('.').decimal(uid)
}

/** The same as text. */
export function uniqueId(format: Format, uidValidity: number, uid: Uid): string {
  const lines = new ListingLines(lineBytes)
  writeUniqueId(lines, format, uidValidity, uid)
  return lines.take().toString('latin1')
}

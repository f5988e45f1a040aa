import type { AccountSettings, Uid } from '@posthouse/store'

/**
 * A message's unique id (RFC 1939 §7): UIDVALIDITY and UID, never given twice, the same in every session, and an operator can
 * tell which IMAP message it is. Dovecot's is what its `pop3_uidl_format` gives as shipped, `%08Xu%08Xv`.
 */
export function uniqueId(
  format: AccountSettings['pop3.uidl'],
  uidValidity: number,
  uid: Uid,
): string {
  return format === 'dovecot' ? `${hex(uid)}${hex(uidValidity)}` : `${uidValidity}.${uid}`
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0')
}

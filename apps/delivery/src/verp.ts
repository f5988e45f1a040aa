/** A local part has at most 64 octets (RFC 5321 §4.5.3.1.1). */
const MAX_LOCAL = 64

/**
 * The sender that names the recipient, so that a bounce tells by its address alone whom it is about, whatever is in it:
 * `ada+bob=there.test@example.test`. It comes back to the account as any `+tag` does. The plain sender where that cannot be
 * written: the null sender, quoted or Unicode local parts, too long.
 */
export function verpSender(sender: string, recipient: string): string {
  const at = sender.lastIndexOf('@')
  const there = recipient.lastIndexOf('@')
  if (at <= 0 || there <= 0) return sender
  const local = `${sender.slice(0, at)}+${recipient.slice(0, there)}=${recipient.slice(there + 1)}`
  return local.length <= MAX_LOCAL && DOT_ATOM.test(local) ? local + sender.slice(at) : sender
}

/** RFC 5321 §4.1.2: Dot-string. */
const DOT_ATOM = /^[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*$/

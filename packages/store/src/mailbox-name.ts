/** Bounds of mailbox names. Clients build folder trees from what users type, and LIST walks them all. */
export const mailboxLimits = {
  /** Octets of the whole path in UTF-8: it must fit into one index entry, and into a line of LIST. */
  pathBytes: 1_000,
  /** Octets of one level. */
  levelBytes: 255,
  levels: 30,
  /** Mailboxes of one account. */
  mailboxes: 5_000,
  /** Subscriptions of one account, mailboxes that are gone included. */
  subscriptions: 10_000,
} as const

/** What a name comes to: `undefined` where it breaks a rule. */
export function canonicalMailboxName(name: string): string | undefined {
  const levels = name.split('/')
  if (levels[0]?.toUpperCase() === 'INBOX') levels[0] = 'INBOX'
  const canonical = levels.join('/')
  const isFit =
    levels.length <= mailboxLimits.levels &&
    levels.every(isLevel) &&
    Buffer.byteLength(canonical) <= mailboxLimits.pathBytes
  return isFit ? canonical : undefined
}

/** The names of all parents, outermost first. */
export function parentNames(name: string): readonly string[] {
  const levels = name.split('/')
  return levels.slice(1).map((_, i) => levels.slice(0, i + 1).join('/'))
}

/**
 * A level is not empty, well-formed Unicode, without control characters (RFC 5198 §2; line and paragraph separators
 * too) and without LIST's wildcards, which would make it impossible to name (RFC 3501 §5.1).
 */
function isLevel(level: string): boolean {
  return (
    level !== '' &&
    level.isWellFormed() &&
    !/[\p{Cc}\u2028\u2029*%]/u.test(level) &&
    Buffer.byteLength(level) <= mailboxLimits.levelBytes
  )
}

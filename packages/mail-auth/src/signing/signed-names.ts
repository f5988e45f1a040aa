import type { Field } from '../message-view.ts'

/**
 * Fields that readers act on and that stand once, if at all (RFC 6376 §5.4.1, RFC 5322 §3.6). Each is named once more than it
 * stands there, so that adding one breaks the signature (§5.4, §8.15: "oversigning").
 */
const sealed = [
  'From',
  'To',
  'Cc',
  'Reply-To',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'Content-Disposition',
  'Content-ID',
  'Content-Description',
  'Content-Language',
] as const

/**
 * Fields that are signed where they stand. Mailing lists and resenders may add theirs (§5.4.1); what is trace (Received,
 * Return-Path) or meant to change is not signed (§5.4).
 */
const present =
  /^(sender|in-reply-to|references|auto-submitted|disposition-notification-to|resent-(date|from|sender|to|cc|message-id)|list-(id|help|unsubscribe|unsubscribe-post|subscribe|post|owner|archive)|content-.+)$/

/** A header with more to be signed is nobody's letter. */
const maxNames = 200

/** The names for `h=`, as often as each is signed; undefined where there is no From, or far too much. */
export function signedNames(
  byName: ReadonlyMap<string, readonly Field[]>,
): readonly string[] | undefined {
  // RFC 6376 §5.4: "The From header field MUST be signed".
  if (!byName.has('from')) return undefined
  const own = new Set<string>(sealed.map((name) => name.toLowerCase()))
  const names = sealed.flatMap((name) =>
    repeated(name, (byName.get(name.toLowerCase())?.length ?? 0) + 1),
  )
  for (const [name, fields] of byName) {
    if (!own.has(name) && present.test(name) && isName.test(name))
      names.push(...repeated(name, fields.length))
  }
  return names.length > maxNames ? undefined : names
}

/** What may stand in `h=`: a field's name without the semicolon that would end the tag (RFC 6376 §3.5). */
const isName = /^[\x21-\x39\x3c-\x7e]+$/

function repeated(name: string, times: number): readonly string[] {
  return Array.from({ length: Math.min(times, maxNames) }, () => name)
}

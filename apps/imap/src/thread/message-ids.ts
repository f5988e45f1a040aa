/** What a message says of its place in a conversation. */
export interface ThreadedIds {
  /** Its own id; undefined where it has none that is valid. */
  readonly own: string | undefined
  /** The ids of References, or the first of In-Reply-To; oldest first. */
  readonly references: readonly string[]
}

/** The ids of a message, normalised (RFC 5256 §3, REFERENCES). */
export function threadedIds(facts: {
  readonly messageId?: string | null
  readonly inReplyTo?: string | null
  readonly references?: readonly string[]
}): ThreadedIds {
  const references = (facts.references ?? []).flatMap((id) => normalId(id) ?? [])
  const replied = normalId(facts.inReplyTo ?? '')
  return {
    own: normalId(facts.messageId ?? ''),
    references: references.length > 0 || replied === undefined ? references : [replied],
  }
}

/** Ids that say the same are spelt the same: a quoted local part without its needless quotes. */
function normalId(text: string): string | undefined {
  if (!/^<[^<>\s]+>$/.test(text)) return undefined
  const quoted = /^<"((?:[^"\\]|\\.)*)"(@.+)$/.exec(text)
  if (quoted === null) return text
  const [, local = '', rest = ''] = quoted
  return `<${local.replace(/\\(.)/g, '$1')}${rest}`
}

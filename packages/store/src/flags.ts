/** \Seen's bit in a flag word; the other system flags follow in the order of `systemFlags`. */
export const seenBit = 1
/** \Deleted's bit in a flag word. */
export const deletedBit = 8

/** The system flags a client may set, by rising bit (RFC 3501 §2.3.2). \Recent is not kept: it is the session's. */
export const systemFlags = ['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'] as const

/** How many keywords stand in the flag word: bits 5 to 31. */
export const keywordBits = 27

/**
 * How many keywords an account may have, those beyond the flag word among them. Enough for whoever sorts with them; and
 * FLAGS names them all at every SELECT.
 */
export const maxKeywords = 256

/** The bit of the keyword with this id, which is below `keywordBits`. */
export function keywordBit(id: number): number {
  return (1 << (systemFlags.length + id)) >>> 0
}

const systemBits: ReadonlyMap<string, number> = new Map(
  systemFlags.map((name, bit) => [name.toLowerCase(), 1 << bit]),
)

/** The bit of a system flag in any case; undefined for anything else. */
export function systemBit(name: string): number | undefined {
  return systemBits.get(name.toLowerCase())
}

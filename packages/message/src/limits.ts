/**
 * What a hostile message may cost. Each is far above what honest mail holds; beyond it the octets
 * are still stored and served, they are just no longer taken apart.
 */

/** Entities inside entities (multipart or message): beyond it a part is a leaf of plain octets. */
export const MAX_DEPTH = 100

/** Parts of one message: beyond it no further part is opened. */
export const MAX_PARTS = 10_000

/** Longest header value that is interpreted, in octets (RFC 5322 §2.1.1 allows 998 per line). */
export const MAX_VALUE_BYTES = 65_536

/** Longest address field that is interpreted, in octets: about 10,000 addresses. */
export const MAX_ADDRESS_FIELD_BYTES = 262_144

/** Addresses of one field; the rest are left out of the envelope. */
export const MAX_ADDRESSES = 4_096

/** Parameters of one Content-Type or Content-Disposition field. */
export const MAX_PARAMS = 128

/** Longest header block kept beside a message's facts; a longer one is read from the content. */
export const MAX_KEPT_HEADER_BYTES = 65_536

/** Longest text kept for searching one field, in UTF-16 units. */
export const MAX_SEARCH_TEXT = 4_096

/** Longest preview, in UTF-16 units (RFC 8970 §2 allows 256 characters). */
export const PREVIEW_CHARACTERS = 200

/** Octets of one header that SEARCH looks at: 90,000 fields at most, where honest mail has 50. */
export const MAX_SEARCHED_HEADER_BYTES = 256 * 1024

/** Octets of one text part that SEARCH takes apart: 30 ms of work, no session waits longer. */
export const MAX_SEARCHED_PART_BYTES = 4 * 1024 * 1024

/** Characters of one message's text that SEARCH looks at: no further part is begun beyond it. */
export const MAX_SEARCHED_CHARACTERS = 16 * 1024 * 1024

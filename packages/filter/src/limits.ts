/**
 * What a hostile message may cost the pipeline. A stage that runs in this process cannot be stopped half way by its deadline,
 * so each is bounded by what it looks at. Beyond a cap a message is still judged, by its beginning.
 */

/** Octets of one text part that are decoded: a reader sees far less; 10 ms of work. */
export const MAX_TEXT_PART_BYTES = 512 * 1024

/** Text parts that are read. */
export const MAX_TEXT_PARTS = 32

/** Characters of plain text, of markup, and of text out of markup. */
export const MAX_TEXT_CHARACTERS = 1024 * 1024

/** Links that are kept; newsletters have about 100. */
export const MAX_LINKS = 400

/** Longest link that is taken apart, in characters: browsers take 2,000 everywhere. */
export const MAX_LINK_CHARACTERS = 2_048

/** Characters of what is shown for a link. */
export const MAX_SHOWN_CHARACTERS = 200

/** Domains of one message that lists are asked about: each is a question to DNS. */
export const MAX_LISTED_DOMAINS = 20

/** Elements inside elements that are followed in markup; mail tables nest about 20 deep, and each end tag may look at all. */
export const MAX_MARKUP_DEPTH = 100

/** Octets of one header field's value that are looked at: as the message package has it. */
export const MAX_FIELD_BYTES = 65_536

/** Octets of one header that are read: 20,000 fields; honest mail has 50. */
export const MAX_HEADER_BYTES = 1024 * 1024

/** Addresses of one field that are looked at. */
export const MAX_FIELD_ADDRESSES = 1_000

/** Characters of a subject or display name that are looked at. */
export const MAX_SHORT_TEXT = 1_000

/** Findings that one stage may hand in: more say nothing more. */
export const MAX_STAGE_FINDINGS = 100

/** Characters of a reason: one line in the trace. */
export const MAX_REASON_CHARACTERS = 300

/** Characters of a text for strangers: it must fit one reply line (RFC 5321 §4.5.3.1.5). */
export const MAX_REPLY_CHARACTERS = 200

/** Leaves of one message whose names and first octets are looked at. */
export const MAX_LEAVES = 1_000

/** Octets of an attachment that show what it is. */
export const MAGIC_BYTES = 4_096

/** Octets of HTML or SVG attachments that are searched for scripts. */
export const MAX_ACTIVE_BYTES = 1024 * 1024

/** Octets of attachments that are opened (zip, OLE) per message, decoded; the largest message has 50 MiB. */
export const MAX_OPENED_BYTES = 64 * 1024 * 1024

/** Largest OLE file that is read by its directory; a larger one is searched for the names. */
export const MAX_OLE_BYTES = 16 * 1024 * 1024

/** Archives inside archives. Senders who are not up to something stay at two. */
export const MAX_ARCHIVE_DEPTH = 3

/** Entries of all archives of a message together. */
export const MAX_ARCHIVE_ENTRIES = 2_000

/** Octets inflated out of all archives of a message together. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024

/** Archives that are opened per message, nested ones included. */
export const MAX_ARCHIVES = 50

/** An entry that inflates to more than this many times its size is a bomb, where it is large besides; deflate ends at 1,032. */
export const MAX_INFLATE_RATIO = 200

/** Entries smaller than this may have any ratio: an empty log of 1 MiB packs into 1 KiB. */
export const MIN_RATIO_BYTES = 8 * 1024 * 1024

/** Time for all archives of one message: far more than the other bounds let it take, save on a machine that is overloaded. */
export const MAX_ARCHIVE_MS = 20_000

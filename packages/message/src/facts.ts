/**
 * Everything the store keeps about a content, computed once at delivery. Texts are Unicode, well
 * formed, without NUL; texts for searching are decoded, lower-cased and capped.
 */
export interface MessageFacts {
  readonly size: number
  /** IMAP `ENVELOPE` value, ready to send (RFC 3501 §7.4.2). */
  readonly envelope: Buffer
  /** IMAP `BODY` value, ready to send. */
  readonly body: Buffer
  /** IMAP `BODYSTRUCTURE` value, ready to send. */
  readonly bodyStructure: Buffer
  /** `encodeParts` of the index: offsets into the content. */
  readonly parts: Buffer
  /** Length of the top header block with its blank line, in octets. */
  readonly headerSize: number
  /** The top header block with its blank line; null where it is longer than 64 KiB: read the content. */
  readonly header: Buffer | null
  /** `name <address>, …`, decoded, lower-cased. */
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly bcc: string
  /** Decoded, lower-cased. */
  readonly subject: string
  /** `<id@host>` as written, at most 998 characters. */
  readonly messageId: string | null
  readonly inReplyTo: string | null
  /** Message ids of References, oldest first, at most 100 (the first and the last ones). */
  readonly references: readonly string[]
  readonly sentAt: Date | null
  /** The calendar day of the Date field in its own zone, `YYYY-MM-DD`: SENTON, SENTBEFORE, SENTSINCE. */
  readonly sentDay: string | null
  /** The beginning of the text, white space collapsed, at most 200 characters (RFC 8970). */
  readonly preview: string
}

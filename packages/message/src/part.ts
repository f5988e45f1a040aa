import type { Span } from './span.ts'

/**
 * A parameter of a MIME field, as written (RFC 2045 §5.1); quoting is removed, RFC 2231 forms are
 * not decoded. Both strings hold octets: one character (U+0000 to U+00FF) each.
 */
export interface Param {
  readonly name: string
  readonly value: string
}

/** Content-Disposition (RFC 2183). */
export interface Disposition {
  readonly type: string
  readonly params: readonly Param[]
}

/** Where a part stands: all that `BODY[n]`, `BODY[n.HEADER]`, `BODY[n.MIME]` and `TEXT` need. */
export interface PartNode {
  /** The part's own header, with the blank line that ends it where there is one. */
  readonly header: Span
  readonly body: Span
  /** Line feeds in the body. */
  readonly lines: number
  /** The parts of a multipart: never empty when this is one. */
  readonly children: readonly PartNode[]
  /** The message inside a message/rfc822 or message/global part. */
  readonly message?: PartNode
}

/**
 * One entity of a message. Its strings hold octets, one character each, exactly as written;
 * what is absent is undefined.
 */
export interface MimePart extends PartNode {
  readonly type: string
  readonly subtype: string
  readonly params: readonly Param[]
  readonly id: string | undefined
  readonly description: string | undefined
  /** Content-Transfer-Encoding as written, `7bit` where absent. */
  readonly encoding: string
  readonly md5: string | undefined
  readonly disposition: Disposition | undefined
  readonly language: readonly string[]
  readonly location: string | undefined
  readonly children: readonly MimePart[]
  readonly message?: MimePart
}

interface Tree<T> {
  readonly children: readonly T[]
  readonly message?: T
}

/**
 * The part with an IMAP part number (RFC 3501 §6.4.5): `[]` is the message itself, a message that
 * is not a multipart has itself as part 1, and a message/rfc822 part's numbers go on inside it.
 * `BODY[path]` is the `body` of what is returned, `[path.MIME]` its `header`, `[path.HEADER]` and
 * `[path.TEXT]` the header and body of its `message`.
 */
export function findPart<T extends Tree<T>>(root: T, path: readonly number[]): T | undefined {
  let part: T | undefined = root
  let parts: readonly T[] = partsOfMessage(root)
  for (const number of path) {
    part = parts[number - 1]
    if (part === undefined) return undefined
    parts = partsBelow(part)
  }
  return part
}

function partsOfMessage<T extends Tree<T>>(message: T): readonly T[] {
  return message.children.length > 0 ? message.children : [message]
}

function partsBelow<T extends Tree<T>>(part: T): readonly T[] {
  if (part.message !== undefined) return partsOfMessage(part.message)
  return part.children
}

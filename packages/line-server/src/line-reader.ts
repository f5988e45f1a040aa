/** Bounds of one read. */
export interface LineLimits {
  /** Octets of the line without its end; a longer one is skipped to its end, never buffered. */
  readonly maxBytes: number
  /** Time until the line's end must have come, in milliseconds, however busily octets drip in. */
  readonly deadlineMs: number
  /** Ends the wait early, as `cancelled`; nothing that has arrived is lost. */
  readonly signal?: AbortSignal
}

/** What came of reading a line. */
export type LineRead =
  /** A line without its CRLF (or LF). A CR elsewhere is left in place. */
  | { readonly kind: 'line'; readonly octets: Buffer }
  /** A longer line was skipped to its end; its first octets (up to 64) show what it was about. */
  | { readonly kind: 'too-long'; readonly start: Buffer; readonly end: Buffer }
  /** The peer closed, or the connection broke. What it left without an end of line is dropped. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cancelled' }

/** What came of reading or skipping a fixed number of octets. */
export type LiteralRead =
  | { readonly kind: 'octets'; readonly octets: Buffer }
  | { readonly kind: 'closed' }
  | { readonly kind: 'timeout' }

/** What came of skipping octets. */
export type SkipResult = { readonly kind: 'skipped' | 'closed' | 'timeout' }

/** Bounds of reading a counted block. */
export interface LiteralLimits {
  /** Longest silence between two pieces, in milliseconds. */
  readonly idleMs: number
  /** Slowest pace: this many octets per second on average, once `idleMs` has passed. */
  readonly minBytesPerSecond?: number
}

/**
 * Pull reader over a connection. One read at a time. The socket is paused while nobody reads and
 * enough has arrived, so a flood waits in the peer's kernel and not in our memory.
 */
export interface LineReader {
  /** The next line. */
  readLine(limits: LineLimits): Promise<LineRead>
  /** The next `length` octets in one buffer; the caller has checked the length against its limit. */
  readLiteral(length: number, limits: LiteralLimits): Promise<LiteralRead>
  /** The next `length` octets as they come; ends early when the connection does (see `ended`). */
  literalPieces(length: number, limits: LiteralLimits): AsyncIterable<Buffer>
  /** Throws the next `length` octets away without keeping them. */
  skip(length: number, limits: LiteralLimits): Promise<SkipResult>
  /** Octets that have arrived and are not read yet: 0 when no pipelined input waits. */
  readonly bufferedBytes: number
  /** A whole line is waiting, so that `readLine` will not have to wait. */
  readonly hasLine: boolean
  /** The peer has sent its last octet (or the connection is gone). */
  readonly ended: boolean
}

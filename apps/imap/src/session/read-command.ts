import {
  announcesMessage,
  carriesMessage,
  literalMarker,
  peekCommand,
  type LiteralMarker,
  type Segment,
} from '@posthouse/imap-wire'
import type { LineReader } from '@posthouse/line-server'
import { limits } from '../limits.ts'
import { bad, no, type Completion } from './completion.ts'
import { refusal } from './refusals.ts'

/** What came of waiting for a command. */
export type Received =
  /** A whole command: lines without CRLF, and the literals between them. */
  | { readonly kind: 'command'; readonly segments: readonly Segment[] }
  /** A limit was passed; what belongs to the command has been read away. */
  | { readonly kind: 'refused'; readonly tag: string; readonly completion: Completion }
  /** So much was announced that reading it away is not worth it. */
  | { readonly kind: 'flood' }
  | { readonly kind: 'closed' | 'timeout' | 'cancelled' }

/** What a client may send at this moment, in octets. */
export interface Allowance {
  readonly lineBytes: number
  readonly literalBytes: number
  /** All literals of a command together, messages apart. */
  readonly commandLiteralBytes: number
  /** A message for APPEND or REPLACE; 0 before sign-in. */
  readonly messageBytes: number
}

/** How the reader reaches the client and the process while a command comes in. */
export interface CommandSource {
  readonly reader: LineReader
  readonly allowance: Allowance
  /** Time for the first line. */
  readonly deadlineMs: number
  /** Ends the wait for the first line. */
  readonly signal: AbortSignal
  /** Sends the go-ahead for a synchronising literal (RFC 3501 §7.5). */
  goAhead(): Promise<void>
  /** Looks at the beginning of a command with a message whose client waits for the go-ahead: why it is refused, if it is. */
  refuse(segments: readonly Segment[]): Promise<Completion | undefined>
  /** Waits until the process has room for a message of this size. False: not for another one of this command. */
  reserve(octets: number): Promise<boolean>
}

/**
 * Reads one whole command with its literals. What is too large is refused before it is read where
 * the client waits for the go-ahead (RFC 3501 §4.3), and read away without being kept where it
 * does not (RFC 7888 §4), so that client and server stay in step.
 */
export async function readCommand(source: CommandSource): Promise<Received> {
  const segments: Segment[] = []
  const meter = new LiteralMeter(source.allowance)
  let first: Buffer | undefined
  for (;;) {
    const line = await source.reader.readLine({
      maxBytes: source.allowance.lineBytes,
      deadlineMs: first === undefined ? source.deadlineMs : limits.literalMs,
      ...(first === undefined ? { signal: source.signal } : {}),
    })
    if (line.kind === 'too-long') {
      return drain(source, first ?? line.start, tooLong, literalMarker(line.end))
    }
    if (line.kind !== 'line') return { kind: line.kind }
    first ??= line.octets
    segments.push({ kind: 'line', octets: line.octets })
    const marker = literalMarker(line.octets)
    if (marker === undefined) return { kind: 'command', segments }

    const isMessage = isMessageLiteral(first, marker, segments.length)
    const refused = meter.refusal(marker.octets, isMessage)
    if (refused !== undefined) return drain(source, first, refused, marker)
    if (isMessage && marker.isSynchronizing) {
      const target = await source.refuse(segments)
      if (target !== undefined) return drain(source, first, target, marker)
    }
    if (isMessage && !(await source.reserve(marker.octets))) {
      return drain(source, first, noRoom, marker)
    }
    if (marker.isSynchronizing) await source.goAhead()
    const literal = await source.reader.readLiteral(marker.octets, pace)
    if (literal.kind !== 'octets') return { kind: literal.kind }
    segments.push({ kind: 'literal', octets: literal.octets })
  }
}

const pace = { idleMs: limits.literalMs, minBytesPerSecond: limits.literalBytesPerSecond }
const tooLong = bad('The command line is too long')
const tooLarge = bad('The literal is too large')
const noRoom = no('There is no room for so much at once; send the messages one by one', 'LIMIT')
const tooMany = bad('The command has too many literals')

/** Adds up the literals of one command against what is allowed. */
class LiteralMeter {
  readonly #allowance: Allowance
  #count = 0
  #small = 0
  #messages = 0

  constructor(allowance: Allowance) {
    this.#allowance = allowance
  }

  refusal(octets: number, isMessage: boolean): Completion | undefined {
    const { literalBytes, commandLiteralBytes, messageBytes } = this.#allowance
    this.#count += 1
    if (this.#count > limits.commandLiterals) return tooMany
    if (isMessage && messageBytes > 0) {
      this.#messages += octets
      // RFC 7889 §3: the limit is one message's. All of a MULTIAPPEND have another.
      if (octets > messageBytes) return refusal.tooBig
      return this.#messages > Math.max(messageBytes, limits.commandMessageBytes)
        ? noRoom
        : undefined
    }
    this.#small += octets
    return octets > literalBytes || this.#small > commandLiteralBytes ? tooLarge : undefined
  }
}

/** Whether a literal is the message of APPEND or REPLACE, and not a mailbox name before it. */
function isMessageLiteral(first: Buffer, marker: LiteralMarker, segments: number): boolean {
  const { name } = peekCommand(first)
  return segments > 1 ? carriesMessage(name) : announcesMessage(name, first, marker.start)
}

/** Reads away what a refused command still sends: literals that do not wait, and the lines between them. */
async function drain(
  source: CommandSource,
  first: Buffer,
  completion: Completion,
  begun: LiteralMarker | undefined,
): Promise<Received> {
  let total = 0
  let marker = begun
  while (marker !== undefined && !marker.isSynchronizing) {
    total += marker.octets
    if (total > limits.drainBytes) return { kind: 'flood' }
    const skipped = await source.reader.skip(marker.octets, pace)
    if (skipped.kind !== 'skipped') return { kind: skipped.kind }
    const line = await source.reader.readLine({
      maxBytes: source.allowance.lineBytes,
      deadlineMs: limits.literalMs,
    })
    if (line.kind !== 'line' && line.kind !== 'too-long') return { kind: line.kind }
    marker = literalMarker(line.kind === 'line' ? line.octets : line.end)
  }
  return { kind: 'refused', tag: peekCommand(first).tag ?? '*', completion }
}

import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'
import type { MessageReceiver } from './message-receiver.ts'

/**
 * What came instead of a command that can be read. `lost`: a BDAT that cannot be read, and with it how many of the octets that
 * follow are its chunk.
 */
export type LineFault = 'too-long' | 'bare-lf' | 'bad-octets' | 'lost'

/** A line from the client, without its CR LF. */
export type CommandLine =
  | { readonly kind: 'line'; readonly octets: Buffer }
  | { readonly kind: 'fault'; readonly fault: LineFault }

/** Who reads what the stream finds. */
export interface CommandSink {
  /** One line; `next` asks for what follows, once, when its reply is written. */
  onLine(line: CommandLine, next: () => void): void
  /** The final dot, or the end of a chunk, was seen; `next` asks for what follows. */
  onDataEnd(next: () => void): void
  /** The client will send no more, and all of it was handled. */
  onEnd(): void
}

const CR = 0x0d
const LF = 0x0a
/** Lines handled in one go before other sessions get their turn. */
const LINES_PER_TURN = 100
/** How long after a bare LF nothing must come until it is taken for a person's line. */
const TYPIST_MS = 1000
const EMPTY = Buffer.alloc(0)

/**
 * The client's octets, cut into lines and messages; in the place of smtp-server's parser, whose
 * `Writable` side and end-of-life flag it keeps. A line ends with CR LF and nothing else (RFC 5321
 * §2.3.8). Lines with bare CR, bare LF or NUL are handed over as faults, as are those longer than
 * the limit, which are skipped without being kept.
 */
export class CommandStream extends SMTPStream {
  readonly #sink: CommandSink
  readonly #maxLine: number
  #chunk: Buffer = EMPTY
  #pos = 0
  #wantMore: (() => void) | undefined
  #partial: Buffer = EMPTY
  #isTooLong = false
  #receiver: MessageReceiver | undefined
  #isBusy = false
  #isRunning = false
  #lines = 0
  #typist: NodeJS.Timeout | undefined

  constructor(sink: CommandSink, maxLineBytes: number) {
    super()
    this.#sink = sink
    this.#maxLine = maxLineBytes
  }

  /** From the next octet on it is a message. Call it from within `onLine`, before `next`. */
  beginData(receiver: MessageReceiver): void {
    this.#receiver = receiver
    this.#isBusy = false
    this.#run()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding | 'buffer', done: () => void): void {
    if (this.isClosed) {
      done()
      return
    }
    this.#chunk = chunk
    this.#pos = 0
    this.#wantMore = done
    this.#run()
  }

  /** A line without its end is no command: what is left when the client goes is dropped. */
  override _flushData(): void {
    this.#partial = EMPTY
    this.#sink.onEnd()
  }

  /** Goes on while there are octets and nobody is at work on a line. Never re-entered: it loops. */
  #run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    while (!this.#isBusy && this.#pos < this.#chunk.length && !this.isClosed) {
      if (this.#receiver !== undefined) this.#feed(this.#receiver)
      else this.#nextLine()
    }
    this.#isRunning = false
    if (this.isClosed || (!this.#isBusy && this.#pos >= this.#chunk.length)) this.#askForMore()
  }

  #askForMore(): void {
    const done = this.#wantMore
    this.#wantMore = undefined
    this.#chunk = EMPTY
    this.#pos = 0
    done?.()
  }

  #feed(receiver: MessageReceiver): void {
    if (!receiver.hasRoom(this.#chunk.length - this.#pos)) {
      void this.#waitForRoom(receiver)
      return
    }
    const end = receiver.feed(this.#chunk, this.#pos)
    this.#pos = end < 0 ? this.#chunk.length : end
    if (end < 0) return
    this.#receiver = undefined
    this.#isBusy = true
    this.#sink.onDataEnd(this.#next())
  }

  /** No memory for the message now: the client is not read, until there is or it is given up. */
  async #waitForRoom(receiver: MessageReceiver): Promise<void> {
    this.#isBusy = true
    await receiver.makeRoom(this.#chunk.length - this.#pos)
    this.#resume()
  }

  #nextLine(): void {
    clearTimeout(this.#typist)
    const end = this.#lineEnd()
    const isWhole = end > 0
    const piece = this.#chunk.subarray(this.#pos, isWhole ? end : this.#chunk.length)
    this.#pos += piece.length
    if (this.#partial.length + piece.length > this.#maxLine) {
      this.#isTooLong = true
      // The last octet stays: it may be the CR of the end.
      this.#partial = Buffer.from(piece.subarray(-1))
    } else {
      // Not a view of the chunk, which is large and can go now.
      this.#partial = Buffer.concat([this.#partial, piece])
    }
    if (isWhole) this.#dispatch(this.#readLine())
    else if (this.#partial.at(-1) === LF) this.#waitForTypist()
  }

  /** The offset after the next CR LF, or -1. The CR may have come with the piece before. */
  #lineEnd(): number {
    const chunk = this.#chunk
    let lf = chunk.indexOf(LF, this.#pos)
    while (lf >= 0) {
      const before = lf > this.#pos ? chunk[lf - 1] : this.#partial.at(-1)
      if (before === CR) return lf + 1
      lf = chunk.indexOf(LF, lf + 1)
    }
    return -1
  }

  /** A bare LF and then silence: somebody types by hand. Tell them; what was typed is dropped. */
  #waitForTypist(): void {
    this.#typist = setTimeout(() => {
      if (this.#isBusy || this.isClosed) return
      this.#dispatch({ kind: 'fault', fault: isBdat(this.#partial) ? 'lost' : 'bare-lf' })
    }, TYPIST_MS).unref()
  }

  #dispatch(line: CommandLine): void {
    this.#partial = EMPTY
    this.#isTooLong = false
    this.#isBusy = true
    this.#sink.onLine(line, this.#next())
  }

  #readLine(): CommandLine {
    if (this.#isTooLong) return { kind: 'fault', fault: 'too-long' }
    const octets = this.#partial.subarray(0, -2)
    const fault = faultOf(octets)
    if (fault === undefined) return { kind: 'line', octets }
    return { kind: 'fault', fault: isBdat(octets) ? 'lost' : fault }
  }

  /** A callback that lets the stream go on; calling it twice does nothing. */
  #next(): () => void {
    let isCalled = false
    return () => {
      if (isCalled) return
      isCalled = true
      this.#lines += 1
      if (this.#lines % LINES_PER_TURN === 0) setImmediate(() => this.#resume())
      else this.#resume()
    }
  }

  #resume(): void {
    this.#isBusy = false
    this.#run()
  }
}

function isBdat(octets: Buffer): boolean {
  return /^bdat\b/i.test(octets.toString('latin1', 0, 5))
}

function faultOf(octets: Buffer): LineFault | undefined {
  if (octets.includes(LF)) return 'bare-lf'
  return octets.includes(CR) || octets.includes(0) ? 'bad-octets' : undefined
}

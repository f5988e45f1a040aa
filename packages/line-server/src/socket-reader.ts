import { InputBuffer } from './input-buffer.ts'
import type {
  LineLimits,
  LineRead,
  LineReader,
  LiteralLimits,
  LiteralRead,
  SkipResult,
} from './line-reader.ts'
import { WaitAlarm } from './wait-alarm.ts'

/** What a reader needs of the socket beneath it. */
export interface Flow {
  pause(): void
  resume(): void
  /** Called when a read has to wait: what was written should leave now. */
  beforeWait(): void
}

/** Unread octets beyond which the socket is paused. */
const pauseAbove = 64 * 1024

/** Memory that a literal gets before its octets have come. */
const firstAllocation = 64 * 1024

type Wake = 'input' | 'timeout' | 'cancelled'

/** The reader of a connection. The connection feeds it and may change the socket beneath it. */
export class SocketReader implements LineReader {
  readonly #input = new InputBuffer()
  readonly #flow: Flow
  #wake: ((why: Wake) => void) | undefined
  #isReading = false
  #hasEnded = false
  #isPaused = false
  #signal: AbortSignal | undefined
  #isCancellable = false
  readonly #alarm = new WaitAlarm(() => this.#wake?.('timeout'))
  readonly #cancel = (): void => {
    if (this.#isCancellable) this.#wake?.('cancelled')
  }

  constructor(flow: Flow) {
    this.#flow = flow
  }

  get bufferedBytes(): number {
    return this.#input.size
  }

  get hasLine(): boolean {
    return this.#input.hasLine
  }

  get ended(): boolean {
    return this.#hasEnded && this.#input.size === 0
  }

  /** Octets from the socket. */
  feed(chunk: Buffer): void {
    this.#input.push(chunk)
    if (this.#wake !== undefined) this.#wake('input')
    else if (this.#input.size > pauseAbove && !this.#isPaused) {
      this.#isPaused = true
      this.#flow.pause()
    }
  }

  /** No more octets will come. */
  feedEnd(): void {
    this.#hasEnded = true
    this.#wake?.('input')
    this.#alarm.end()
    this.#signal?.removeEventListener('abort', this.#cancel)
    this.#signal = undefined
  }

  /** Takes out what has arrived and was not read; what is beneath is about to be another. */
  takeAll(): Buffer[] {
    this.#isPaused = false
    return this.#input.takeAll()
  }

  readLine(limits: LineLimits): Promise<LineRead> {
    return this.#exclusively(() => this.#line(limits))
  }

  readLiteral(length: number, limits: LiteralLimits): Promise<LiteralRead> {
    return this.#exclusively(() => this.#literal(length, limits))
  }

  skip(length: number, limits: LiteralLimits): Promise<SkipResult> {
    return this.#exclusively(() => this.#consume(length, limits, () => undefined))
  }

  async *literalPieces(length: number, limits: LiteralLimits): AsyncIterable<Buffer> {
    const pace = new Pace(limits)
    let left = length
    while (left > 0) {
      const piece = await this.#exclusively(() => this.#piece(left, pace))
      if (!Buffer.isBuffer(piece)) return
      left -= piece.length
      yield piece
    }
  }

  async #line({ maxBytes, deadlineMs, signal }: LineLimits): Promise<LineRead> {
    const deadline = Date.now() + deadlineMs
    for (;;) {
      const line = this.#input.takeLine(maxBytes)
      if (line !== undefined) return line
      if (this.#hasEnded) return { kind: 'closed' }
      if (signal?.aborted === true) return { kind: 'cancelled' }
      const why = await this.#wait(deadline - Date.now(), signal)
      if (why !== 'input') return { kind: why }
    }
  }

  async #literal(length: number, limits: LiteralLimits): Promise<LiteralRead> {
    let octets: Buffer = Buffer.allocUnsafe(Math.min(length, firstAllocation))
    let filled = 0
    const result = await this.#consume(length, limits, (piece) => {
      if (filled + piece.length > octets.length) {
        const grown = Buffer.allocUnsafe(
          Math.min(length, Math.max(octets.length * 2, filled + piece.length)),
        )
        octets.copy(grown, 0, 0, filled)
        octets = grown
      }
      piece.copy(octets, filled)
      filled += piece.length
    })
    return result.kind === 'skipped' ? { kind: 'octets', octets } : { kind: result.kind }
  }

  async #consume(
    length: number,
    limits: LiteralLimits,
    use: (piece: Buffer) => void,
  ): Promise<SkipResult> {
    const pace = new Pace(limits)
    let left = length
    while (left > 0) {
      const piece = await this.#piece(left, pace)
      if (!Buffer.isBuffer(piece)) return { kind: piece }
      left -= piece.length
      use(piece)
    }
    return { kind: 'skipped' }
  }

  async #piece(maxBytes: number, pace: Pace): Promise<Buffer | 'closed' | 'timeout'> {
    for (;;) {
      const piece = this.#input.takePiece(maxBytes)
      if (piece !== undefined) {
        pace.count(piece.length)
        return piece
      }
      if (this.#hasEnded) return 'closed'
      if (pace.isTooSlow) return 'timeout'
      const why = await this.#wait(pace.patienceMs)
      if (why !== 'input') return 'timeout'
    }
  }

  #wait(ms: number, signal?: AbortSignal): Promise<Wake> {
    this.#flow.beforeWait()
    if (this.#isPaused) {
      this.#isPaused = false
      this.#flow.resume()
    }
    this.#listenTo(signal)
    this.#alarm.set(ms)
    return new Promise((resolve) => {
      this.#wake = (why) => {
        this.#wake = undefined
        this.#alarm.clear()
        resolve(why)
      }
    })
  }

  /** Most waits are for the same signal as the one before: the listener stays. A wait without one is not cancelled. */
  #listenTo(signal: AbortSignal | undefined): void {
    this.#isCancellable = signal !== undefined
    if (signal === undefined || signal === this.#signal) return
    this.#signal?.removeEventListener('abort', this.#cancel)
    this.#signal = signal
    signal.addEventListener('abort', this.#cancel, { once: true })
  }

  async #exclusively<T>(read: () => Promise<T>): Promise<T> {
    if (this.#isReading) throw new Error('two reads at once on one connection')
    this.#isReading = true
    try {
      return await read()
    } finally {
      this.#isReading = false
    }
  }
}

/** Holds a counted block to its limits: no long silence, and not too slow on average. */
class Pace {
  readonly #limits: LiteralLimits
  readonly #startedAt = Date.now()
  #count = 0

  constructor(limits: LiteralLimits) {
    this.#limits = limits
  }

  count(octets: number): void {
    this.#count += octets
  }

  get patienceMs(): number {
    return this.#limits.idleMs
  }

  get isTooSlow(): boolean {
    const elapsedMs = Date.now() - this.#startedAt
    if (elapsedMs < this.#limits.idleMs) return false
    return this.#count < ((this.#limits.minBytesPerSecond ?? 0) * elapsedMs) / 1000
  }
}

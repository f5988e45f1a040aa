import type { MemoryBudget } from './memory-budget.ts'
import { MessageBuffer } from './message-buffer.ts'
import type { DataFault, MessageReceiver, Received } from './message-receiver.ts'

const NUL = 0x00
const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e

/** Where in the line we are; only CR LF makes a line (RFC 5321 §2.3.8). */
type State = 'line-start' | 'dot' | 'dot-cr' | 'text' | 'cr'

/**
 * The octets of DATA up to the final dot: one pass, whatever the pieces. Removes the stuffed dots
 * (RFC 5321 §4.5.2), looks for what must not be in a message (bare CR, bare LF, NUL) and goes on to
 * the end in every case, so that the session stays in step. Nothing but CR LF `.` CR LF ends a
 * message, nor does anything else begin a line: there is no second reading for smuggling to use.
 */
export class DataReceiver implements MessageReceiver {
  readonly #buffer: MessageBuffer
  #state: State = 'line-start'
  #fault: DataFault | undefined
  #bytes = 0
  /** First octet of the piece that is content and not yet kept. */
  #keepFrom = 0

  constructor(budget: MemoryBudget, maxBytes: number, declaredBytes?: number) {
    this.#buffer = new MessageBuffer(budget, maxBytes, declaredBytes)
  }

  hasRoom(bytes: number): boolean {
    return this.#fault !== undefined || this.#buffer.reserve(bytes)
  }

  async makeRoom(bytes: number): Promise<void> {
    if (!(await this.#buffer.await(bytes))) this.#fail('no-memory')
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes octets from `start` on; returns the offset after the final dot, or -1 if it has not come. */
  feed(chunk: Buffer, start: number): number {
    this.#keepFrom = start
    let state = this.#state
    for (let i = start; i < chunk.length; i += 1) {
      // The way of almost all octets.
      if (state === 'text') i = skipText(chunk, i)
      const octet = chunk[i]
      if (octet === undefined) break
      if (state === 'dot-cr' && octet === LF) {
        this.#bytes += i + 1 - start
        return i + 1
      }
      state = this.#step(state, octet, chunk, i)
    }
    // A dot at the start of a line, and CR after it, are never content.
    if (state !== 'dot' && state !== 'dot-cr') this.#keep(chunk, chunk.length)
    this.#state = state
    this.#bytes += chunk.length - start
    return -1
  }

  /** The message, once `feed` has seen the final dot. */
  async finish(): Promise<Received> {
    if (this.#fault !== undefined) return { ok: false, fault: this.#fault }
    const octets = await this.#buffer.join()
    return octets === undefined ? { ok: false, fault: 'no-memory' } : { ok: true, octets }
  }

  release(): void {
    this.#buffer.release()
  }

  /** One octet's effect, outside the straight way. */
  #step(state: State, octet: number, chunk: Buffer, i: number): State {
    if (state === 'cr') {
      if (octet === LF) return 'line-start'
      this.#fail('bare-cr')
      if (octet === CR) return 'cr'
    } else if (state === 'dot-cr') {
      this.#fail('bare-cr')
      if (octet === CR) return 'cr'
    } else if (state === 'line-start' && octet === DOT) {
      this.#keep(chunk, i)
      return 'dot'
    } else if (state === 'dot') {
      this.#keepFrom = i
      if (octet === CR) return 'dot-cr'
    } else if (octet === CR) return 'cr'
    if (octet === LF) this.#fail('bare-lf')
    if (octet === NUL) this.#fail('nul')
    return 'text'
  }

  #keep(chunk: Buffer, end: number): void {
    if (this.#fault !== undefined || this.#keepFrom >= end) return
    const kept = this.#buffer.append(chunk, this.#keepFrom, end)
    this.#keepFrom = end
    if (kept !== 'ok') this.#fail(kept)
  }

  #fail(fault: DataFault): void {
    if (this.#fault !== undefined) return
    this.#fault = fault
    this.#buffer.release()
  }
}

/** The offset of the next octet that could be a line end or NUL. */
function skipText(chunk: Buffer, from: number): number {
  const { length } = chunk
  let i = from
  while (i < length && (chunk[i] ?? 0) > CR) i += 1
  return i
}

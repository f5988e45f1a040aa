import type { MemoryBudget } from './memory-budget.ts'
import { MessageBuffer } from './message-buffer.ts'
import type { DataFault, MessageReceiver, Received } from './message-receiver.ts'
import type { Reply } from './reply.ts'

const NUL = 0x00
const LF = 0x0a
const CR = 0x0d
const CRLF = Buffer.from('\r\n')

/**
 * A message that comes in chunks (RFC 3030). Nothing in it is stuffed, and nothing ends it but its last chunk; the rules for its
 * lines are those of DATA, for BINARYMIME is not offered: CR LF and nothing else ends a line.
 */
export class ChunkedMessage {
  readonly #buffer: MessageBuffer
  #last = LF
  #beforeLast = CR
  #fault: DataFault | undefined

  constructor(budget: MemoryBudget, maxBytes: number, declaredBytes?: number) {
    this.#buffer = new MessageBuffer(budget, maxBytes, declaredBytes)
  }

  /** What is wrong with it so far. */
  get fault(): DataFault | undefined {
    return this.#fault
  }

  /** Whether so many octets can be kept now. */
  hasRoom(bytes: number): boolean {
    return this.#fault !== undefined || this.#buffer.reserve(bytes)
  }

  /** Waits for memory; without it the message is lost. */
  async makeRoom(bytes: number): Promise<void> {
    if (!(await this.#buffer.await(bytes))) this.#fail('no-memory')
  }

  /** Takes a piece of a chunk. */
  write(chunk: Buffer, start: number, end: number): void {
    if (this.#fault !== undefined || start === end) return
    for (let i = start; i < end; i += 1) {
      const octet = chunk[i] ?? 0
      if (octet > CR && this.#last !== CR) {
        this.#last = octet
        continue
      }
      if (this.#last === CR && octet !== LF) this.#fail('bare-cr')
      else if (octet === LF && this.#last !== CR) this.#fail('bare-lf')
      else if (octet === NUL) this.#fail('nul')
      this.#beforeLast = this.#last
      this.#last = octet
    }
    if (this.#fault !== undefined) return
    const kept = this.#buffer.append(chunk, start, end)
    if (kept !== 'ok') this.#fail(kept)
  }

  /**
   * The message, its last chunk having come. A last line without its end gets one: everything behind us ends messages with a
   * line end, and no signature depends on it (RFC 6376 §3.4.3, §3.4.4).
   */
  async finish(): Promise<Received> {
    if (this.#last === CR) this.#fail('bare-cr')
    const isWhole = this.#last === LF && this.#beforeLast === CR
    if (this.#fault === undefined && !isWhole) this.write(CRLF, 0, CRLF.length)
    if (this.#fault !== undefined) return { ok: false, fault: this.#fault }
    const octets = await this.#buffer.join()
    return octets === undefined ? { ok: false, fault: 'no-memory' } : { ok: true, octets }
  }

  /** Gives the memory back. */
  release(): void {
    this.#buffer.release()
  }

  #fail(fault: DataFault): void {
    if (this.#fault !== undefined) return
    this.#fault = fault
    this.#buffer.release()
  }
}

/** Where a chunk's octets go: into a message, or nowhere, to be answered with the refusal. */
export type ChunkTarget =
  | { readonly kind: 'message'; readonly message: ChunkedMessage }
  | { readonly kind: 'refused'; readonly reply: Reply }

/**
 * One chunk of BDAT: so many octets, whatever they are. A refused one is read to its end, too: what stands in it must never be
 * taken for commands (RFC 3030 §2).
 */
export class ChunkReceiver implements MessageReceiver {
  readonly size: number
  readonly isLast: boolean
  readonly target: ChunkTarget
  #bytes = 0

  constructor(size: number, isLast: boolean, target: ChunkTarget) {
    this.size = size
    this.isLast = isLast
    this.target = target
  }

  get bytes(): number {
    return this.#bytes
  }

  hasRoom(bytes: number): boolean {
    const wanted = Math.min(bytes, this.size - this.#bytes)
    return this.target.kind === 'refused' || this.target.message.hasRoom(wanted)
  }

  async makeRoom(bytes: number): Promise<void> {
    const wanted = Math.min(bytes, this.size - this.#bytes)
    if (this.target.kind === 'message') await this.target.message.makeRoom(wanted)
  }

  feed(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.size - this.#bytes)
    if (this.target.kind === 'message') this.target.message.write(chunk, start, end)
    this.#bytes += end - start
    return this.#bytes === this.size ? end : -1
  }

  release(): void {
    if (this.target.kind === 'message') this.target.message.release()
  }
}

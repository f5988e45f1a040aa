import { formatContinuation } from '@posthouse/imap-wire'
import type { Connection, LineRead } from '@posthouse/line-server'
import { limits } from '../limits.ts'
import type { Listen } from './conversation.ts'
import type { Ending } from './ending.ts'
import { readCommand, type Allowance, type CommandSource, type Received } from './read-command.ts'
import { farewell, SessionOver } from './session-over.ts'

/** Hearing and speaking on one connection, with the deadlines of both. */
export class Talk {
  readonly #connection: Connection
  readonly #ending: Ending
  readonly #startedAt = performance.now()
  #heardAt = this.#startedAt
  #isStranger = true

  constructor(connection: Connection, ending: Ending) {
    this.#connection = connection
    this.#ending = ending
  }

  /** Somebody has signed in: from now on silence may last (RFC 3501 §5.4). */
  welcome(): void {
    this.#isStranger = false
  }

  /**
   * The one place that writes to a client. Copies the octets, gathers what is small, and where a promise comes back, there is no
   * room for more until it resolves: a client that stops reading costs its buffers and no more.
   */
  say(octets: Buffer): Promise<void> | void {
    return this.#connection.write(octets)
  }

  /** The next command. */
  async command(
    allowance: Allowance,
    { reserve, refuse }: Pick<CommandSource, 'reserve' | 'refuse'>,
  ): Promise<Exclude<Received, { readonly kind: 'closed' | 'timeout' | 'cancelled' | 'flood' }>> {
    if (this.#ending.isNear) throw new SessionOver(this.#ending.farewell)
    const received = await readCommand({
      reader: this.#connection.reader,
      allowance,
      deadlineMs: this.#deadlineMs(),
      signal: this.#ending.signal,
      goAhead: () => this.#ask('Ready for literal data'),
      reserve,
      refuse,
    })
    this.#heardAt = performance.now()
    if (received.kind === 'command' || received.kind === 'refused') return received
    throw this.#over(received.kind)
  }

  /** Asks a question that a line answers. */
  async question(text: string): Promise<Buffer> {
    await this.#ask(text)
    const line = await this.#line(this.#ending.signal)
    if (line.kind === 'line') return line.octets
    // Nothing that is asked has so long an answer: it counts as none.
    if (line.kind === 'too-long') return Buffer.from('*')
    throw this.#over(line.kind)
  }

  /** Waits for a line, or for something else: then undefined. */
  async listen(wait: Listen): Promise<Buffer | undefined> {
    const waiting = new AbortController()
    const cancel = (): void => waiting.abort()
    void wait.wake.then(cancel)
    this.#ending.signal.addEventListener('abort', cancel)
    if (this.#ending.isNear) cancel()
    const line = await this.#line(waiting.signal)
    this.#ending.signal.removeEventListener('abort', cancel)
    if (line.kind === 'line') return line.octets
    if (line.kind === 'too-long') return line.start
    if (line.kind === 'cancelled' && !this.#ending.isNear) return undefined
    throw this.#over(line.kind)
  }

  #line(signal: AbortSignal): Promise<LineRead> {
    const maxBytes = limits.strangerLineBytes
    return this.#connection.reader.readLine({ maxBytes, deadlineMs: this.#deadlineMs(), signal })
  }

  #over(kind: 'closed' | 'timeout' | 'cancelled' | 'flood'): SessionOver {
    return new SessionOver(kind === 'cancelled' ? this.#ending.farewell : farewell[kind])
  }

  #deadlineMs(): number {
    const until = this.#isStranger
      ? this.#startedAt + limits.strangerMs
      : this.#heardAt + limits.autologoutMs
    return Math.max(1, until - performance.now())
  }

  async #ask(text: string): Promise<void> {
    await this.say(formatContinuation(text))
  }
}

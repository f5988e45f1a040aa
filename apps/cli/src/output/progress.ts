import type { Terminal } from './terminal.ts'

/** A person's terminal is told twice a second, a log every ten. */
const everyMs = { terminal: 500, log: 10_000 } as const

/** The part of stderr that is used. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'isTTY'> & { write(text: string): unknown }

/**
 * Tells on stderr how far a long piece of work is: on a terminal in one line that changes, else a line now and then; to
 * programs that read JSON as one object a line.
 */
export class Progress {
  readonly #terminal: Terminal
  readonly #stream: ProgressStream
  readonly #now: () => number
  #toldAt: number
  #isLineOpen = false

  constructor(
    terminal: Terminal,
    stream: ProgressStream = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#terminal = terminal
    this.#stream = stream
    this.#now = now
    this.#toldAt = now()
  }

  /** `words` for people, `figures` for programs; most calls say nothing. */
  tell(words: string, figures: Readonly<Record<string, number>>): void {
    const { format, idsOnly } = this.#terminal.presentation
    const isLive = this.#stream.isTTY === true && this.#terminal.isTalking
    const now = this.#now()
    if (idsOnly || now - this.#toldAt < (isLive ? everyMs.terminal : everyMs.log)) return
    this.#toldAt = now
    if (format === 'json' || format === 'ndjson') {
      this.#stream.write(`${JSON.stringify({ progress: figures })}\n`)
    } else if (isLive) {
      this.#stream.write(`\r\u001b[K${words} …`)
      this.#isLineOpen = true
    } else if (this.#terminal.isTalking) this.#stream.write(`${words} …\n`)
  }

  /** Takes the changing line away. */
  end(): void {
    if (this.#isLineOpen) this.#stream.write('\r\u001b[K')
    this.#isLineOpen = false
  }
}

import type { LogLines } from '../channel.ts'

/** Lines are gathered for so long: a storm is then few messages. */
const gatherMs = 50

/** Lines on their way to the parent; beyond, they are left out and counted: who listens must not cost the process its memory. */
const mostUnderWay = 5_000

/** Takes lines of the log to the process that asked for them. */
export class LineCourier {
  readonly #ticket: number
  readonly #send: (message: LogLines, sent: () => void) => void
  #lines: string[] = []
  #dropped = 0
  #underWay = 0
  #isDue = false

  /** @param send calls back when the message has left */
  constructor(ticket: number, send: (message: LogLines, sent: () => void) => void) {
    this.#ticket = ticket
    this.#send = send
  }

  /** More lines. */
  take(lines: readonly string[], dropped: number): void {
    this.#dropped += dropped
    if (this.#underWay + this.#lines.length >= mostUnderWay) this.#dropped += lines.length
    else this.#lines.push(...lines)
    if (this.#isDue) return
    this.#isDue = true
    setTimeout(() => this.#go(), gatherMs).unref()
  }

  #go(): void {
    const lines = this.#lines
    const message = { kind: 'lines', ticket: this.#ticket, lines, dropped: this.#dropped } as const
    this.#isDue = false
    this.#lines = []
    this.#dropped = 0
    this.#underWay += lines.length
    this.#send(message, () => (this.#underWay -= lines.length))
  }
}

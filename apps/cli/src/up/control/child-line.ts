import { silence, type Ask, type Given, type Part, type RequestName } from '@posthouse/app'
import type { AskProcess, ProcessParts } from '../channel.ts'
import { nearer } from './deadlines.ts'

interface Waiting {
  readonly done: (parts: ProcessParts['parts']) => void
  readonly timer: NodeJS.Timeout
}

/** The process at the other end, as it is known here. */
interface Child {
  readonly name: string
  readonly pid: number | undefined
}

/** Asking one process over its channel, and waiting no longer than it is worth. */
export class ChildLine {
  readonly #child: () => Child
  readonly #tell: (message: AskProcess) => boolean
  readonly #waiting = new Map<number, Waiting>()
  #lastTicket = 0

  /** @param tell sends a message; false where nobody is there */
  constructor(child: () => Child, tell: (message: AskProcess) => boolean) {
    this.#child = child
    this.#tell = tell
  }

  /** What the process, and those that it stands for, answer. Never throws. */
  async ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number,
  ): Promise<readonly Part<Given<N>>[]> {
    const ticket = ++this.#lastTicket
    const { promise, resolve } = Promise.withResolvers<ProcessParts['parts']>()
    const timer = setTimeout(() => resolve(this.#silent(silence(deadlineMs))), deadlineMs)
    this.#waiting.set(ticket, { done: resolve, timer })
    const isThere = this.#tell({
      kind: 'ask',
      ticket,
      name,
      args,
      deadlineMs: nearer(deadlineMs),
    })
    if (!isThere) resolve(this.#silent('not running'))
    const parts = await promise
    clearTimeout(timer)
    this.#waiting.delete(ticket)
    return parts as readonly Part<Given<N>>[]
  }

  /** An answer has come; a late one is for nobody. */
  hear({ ticket, parts }: ProcessParts): void {
    this.#waiting.get(ticket)?.done(parts)
  }

  /** The process is gone: nobody will answer. */
  ended(): void {
    for (const { done } of this.#waiting.values()) done(this.#silent('it ended before it answered'))
  }

  #silent(because: string): ProcessParts['parts'] {
    const { name, pid = 0 } = this.#child()
    return [{ app: name, pid, silent: because }]
  }
}

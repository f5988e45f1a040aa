import { silence, type Ask, type Given, type Part, type RequestName } from '@posthouse/app'
import { logDesk, type LogQuestion } from '@posthouse/telemetry'
import type { AskProcess, FollowLog, LogLines, ProcessParts, UnfollowLog } from '../channel.ts'
import type { Asked, HearLines } from './control-tree.ts'
import { answerMs, nearer } from './deadlines.ts'

interface Waiting {
  readonly done: (parts: ProcessParts['parts']) => void
  readonly timer: NodeJS.Timeout
}

/** The process at the other end, as it is known here. */
interface Child {
  readonly name: string
  readonly pid: number | undefined
}

interface Following {
  readonly question: LogQuestion
  readonly hear: HearLines
}

/** Asking one process over its channel, and waiting no longer than it is worth. */
export class ChildLine implements Asked {
  readonly #child: () => Child
  readonly #tell: (message: AskProcess | FollowLog | UnfollowLog) => boolean
  readonly #waiting = new Map<number, Waiting>()
  readonly #following = new Map<number, Following>()
  #lastTicket = 0

  /** @param tell sends a message; false where nobody is there */
  constructor(
    child: () => Child,
    tell: (message: AskProcess | FollowLog | UnfollowLog) => boolean,
  ) {
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
    // It has nothing that could be told of; that it does not run is told by `up`.
    if (!isThere) resolve([])
    const parts = await promise
    clearTimeout(timer)
    this.#waiting.delete(ticket)
    return parts as readonly Part<Given<N>>[]
  }

  /** Listens to the log, whatever process there is. */
  follow(question: LogQuestion, hear: HearLines): () => void {
    const ticket = ++this.#lastTicket
    this.#following.set(ticket, { question, hear })
    this.#tell({ kind: 'follow', ticket, question })
    return () => {
      this.#following.delete(ticket)
      this.#tell({ kind: 'unfollow', ticket })
    }
  }

  /** Lines have come. */
  hearLines({ ticket, lines, dropped }: LogLines): void {
    this.#following.get(ticket)?.hear(lines, dropped)
  }

  /** Another process has begun: it is told who listens, and what is logged otherwise than configured for now. */
  begun(): void {
    for (const [ticket, { question }] of this.#following)
      this.#tell({ kind: 'follow', ticket, question })
    for (const { module, level, until } of logDesk.changes()) {
      const seconds = (Date.parse(until) - Date.now()) / 1000
      void this.ask('log-level', { module, level, seconds }, answerMs['log-level'])
    }
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

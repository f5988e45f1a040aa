import type { Ask, Control, ControlDesk, Given, Part, RequestName } from '@posthouse/app'
import { LogFilter, logDesk, type LogQuestion } from '@posthouse/telemetry'
import { answerMs } from './deadlines.ts'

/** A process that can be asked. */
export interface Asked {
  ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number,
  ): Promise<readonly Part<Given<N>>[]>
  /** Listens to its log, and to that of all that it runs. @returns listens no more */
  follow(question: LogQuestion, hear: HearLines): () => void
}

/** Lines of the log as they come, and how many were left out because too much came at once. */
export type HearLines = (lines: readonly string[], dropped: number) => void

/** Somebody who listens, and how to stop each process from telling. */
interface Following {
  readonly question: LogQuestion
  readonly hear: HearLines
  readonly stops: Map<Asked, () => void>
}

/** A process with all that it runs: whoever asks it hears all of them. */
export class ControlTree implements Asked {
  readonly desk: ControlDesk
  readonly #following = new Set<Following>()
  #children: readonly Asked[] = []

  constructor(desk: ControlDesk) {
    this.desk = desk
  }

  /** From now on these are asked, too, and heard by who listens already. */
  adopt(children: readonly Asked[]): void {
    this.#children = children
    for (const following of this.#following) this.#attach(following)
  }

  /** The answers of this process and of those below it. Never throws. */
  async ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number = answerMs[name],
  ): Promise<readonly Part<Given<N>>[]> {
    const all = [this.desk, ...this.#children]
    return (await Promise.all(all.map((one) => one.ask(name, args, deadlineMs)))).flat()
  }

  /** The log of this process and of those below it. */
  follow(question: LogQuestion, hear: HearLines): () => void {
    const stop = logDesk.listen(new LogFilter(question), (line) => hear([line], 0))
    const following: Following = { question, hear, stops: new Map() }
    this.#following.add(following)
    this.#attach(following)
    return () => {
      stop()
      this.#following.delete(following)
      for (const leave of following.stops.values()) leave()
    }
  }

  #attach({ question, hear, stops }: Following): void {
    for (const child of this.#children)
      if (!stops.has(child)) stops.set(child, child.follow(question, hear))
  }
}

/** What an app of this process is given: it answers at the desk, and asks `everybody`. */
export function controlOf(app: string, desk: ControlDesk, everybody: Control['ask']): Control {
  return { handle: (name, answer) => desk.handle(app, name, answer), ask: everybody }
}

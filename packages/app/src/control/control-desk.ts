import type { Ask, Given, Part, RequestName, Requests } from './requests.ts'

/** Takes whatever request of its name: the type of one is known only together with its name. */
type Handler = (args: never) => unknown

interface Entry {
  readonly app: string
  readonly name: RequestName
  readonly handler: Handler
}

/** What the apps of one process answer. */
export class ControlDesk {
  readonly #entries: Entry[] = []

  /** From now on this app answers such requests. */
  handle<N extends RequestName>(app: string, name: N, handler: Requests[N]): void {
    this.#entries.push({ app, name, handler })
  }

  /**
   * Asks all who answer this. Never throws: a failure is told as the silence of that app.
   * @param deadlineMs who takes longer counts as silent
   */
  async ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number,
  ): Promise<readonly Part<Given<N>>[]> {
    const entries = this.#entries.filter((entry) => entry.name === name)
    return Promise.all(entries.map((entry) => answerOf(entry, args, deadlineMs)))
  }
}

async function answerOf<N extends RequestName>(
  { app, handler }: Entry,
  args: Ask<N>,
  deadlineMs: number,
): Promise<Part<Given<N>>> {
  const { pid } = process
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(silence(deadlineMs))), deadlineMs)
  try {
    const answer = await Promise.race([handler(args as never), late.promise])
    return { app, pid, answer: answer as Given<N> }
  } catch (error) {
    return { app, pid, silent: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** The words for somebody who does not answer. */
export function silence(deadlineMs: number): string {
  return `no answer within ${(deadlineMs / 1000).toFixed(1)} s`
}

import type { Ask, Control, Given, OpenRequest, Part } from '@posthouse/app'
import type { AskProcess, Gathered, ToParent } from '../channel.ts'
import type { ControlTree } from './control-tree.ts'
import { answerMs } from './deadlines.ts'

/** The line of an app's process to the one that runs it: it is asked there, and asks there about all others. */
export class ParentLine {
  readonly #tell: (message: ToParent) => void
  readonly #waiting = new Map<number, (parts: Gathered['parts']) => void>()
  #lastTicket = 0

  constructor(tell: (message: ToParent) => void) {
    this.#tell = tell
  }

  /** Answers what the parent asks. */
  async answer(tree: ControlTree, { ticket, name, args, deadlineMs }: AskProcess): Promise<void> {
    const parts = await tree.ask(name, args, deadlineMs)
    this.#tell({ kind: 'parts', ticket, parts })
  }

  /** Asks all processes of the suite. */
  readonly everybody: Control['ask'] = async <N extends OpenRequest>(
    name: N,
    args: Ask<N>,
  ): Promise<readonly Part<Given<N>>[]> => {
    const ticket = ++this.#lastTicket
    const { promise, resolve } = Promise.withResolvers<Gathered['parts']>()
    // The parent has deadlines of its own; this one is for a parent that has none left.
    const timer = setTimeout(() => resolve([]), answerMs[name] * 2)
    this.#waiting.set(ticket, resolve)
    this.#tell({ kind: 'inquire', ticket, name, args })
    const parts = await promise
    clearTimeout(timer)
    this.#waiting.delete(ticket)
    return parts as readonly Part<Given<N>>[]
  }

  /** The parent's answer has come. */
  hear({ ticket, parts }: Gathered): void {
    this.#waiting.get(ticket)?.(parts)
  }
}

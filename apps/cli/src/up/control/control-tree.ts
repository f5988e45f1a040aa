import type { Ask, Control, ControlDesk, Given, Part, RequestName } from '@posthouse/app'
import { answerMs } from './deadlines.ts'

/** A process that can be asked. */
export interface Asked {
  ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number,
  ): Promise<readonly Part<Given<N>>[]>
}

/** A process with all that it runs: whoever asks it hears all of them. */
export class ControlTree implements Asked {
  readonly desk: ControlDesk
  readonly #children: () => readonly Asked[]

  constructor(desk: ControlDesk, children: () => readonly Asked[] = () => []) {
    this.desk = desk
    this.#children = children
  }

  /** The answers of this process and of those below it. Never throws. */
  async ask<N extends RequestName>(
    name: N,
    args: Ask<N>,
    deadlineMs: number = answerMs[name],
  ): Promise<readonly Part<Given<N>>[]> {
    const all = [this.desk, ...this.#children()]
    return (await Promise.all(all.map((one) => one.ask(name, args, deadlineMs)))).flat()
  }
}

/** What an app of this process is given: it answers at the desk, and asks `everybody`. */
export function controlOf(app: string, desk: ControlDesk, everybody: Control['ask']): Control {
  return { handle: (name, answer) => desk.handle(app, name, answer), ask: everybody }
}

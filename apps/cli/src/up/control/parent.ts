import { ControlDesk, type Control } from '@posthouse/app'
import { askFolder } from '../../ask-suite.ts'
import { AskedPlaces } from '../asked-places.ts'
import type { ToChild, ToParent } from '../channel.ts'
import { ControlTree, type Asked } from './control-tree.ts'
import { LineCourier } from './line-courier.ts'
import { ParentLine } from './parent-line.ts'

/** The process that runs this one, as an app's process has it: what it asks, and what it is asked. */
export class Parent {
  /** Places of a whole crew's. */
  readonly places = new AskedPlaces(tellParent)
  /** What this process answers. */
  readonly desk = new ControlDesk()
  readonly #line = new ParentLine(tellParent)
  /** This process, with all that it runs. */
  readonly tree = new ControlTree(this.desk)
  readonly #listeners = new Map<number, () => void>()

  /** Asks all processes of the suite: by the parent, or, where each runs by itself, over the sockets of a data folder. */
  everybodyOn(dataDir: string): Control['ask'] {
    if (process.send !== undefined) return this.#line.everybody
    return async (name, args) => {
      try {
        return await askFolder(dataDir, name, args)
      } catch {
        // Nobody can be asked there, not even this process: it knows of itself all the same.
        return this.tree.ask(name, args)
      }
    }
  }

  /** From now on these are asked, too. */
  workedBy(workers: readonly Asked[]): void {
    this.tree.adopt(workers)
  }

  /** Tells it something, if it is there. */
  tell(message: ToParent): void {
    tellParent(message)
  }

  /** It has said something; to stop is the process's own affair. */
  hear(message: Exclude<ToChild, { readonly kind: 'drain' }>): void {
    switch (message.kind) {
      case 'places':
        return this.places.hear(message)
      case 'ask':
        return void this.#line.answer(this.tree, message)
      case 'gathered':
        return this.#line.hear(message)
      case 'follow': {
        const courier = new LineCourier(message.ticket, tellParent)
        const stop = this.tree.follow(message.question, (lines, dropped) =>
          courier.take(lines, dropped),
        )
        this.#listeners.set(message.ticket, stop)
        return
      }
      case 'unfollow':
        this.#listeners.get(message.ticket)?.()
        this.#listeners.delete(message.ticket)
    }
  }
}

function tellParent(message: ToParent, sent: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, () => sent())
}

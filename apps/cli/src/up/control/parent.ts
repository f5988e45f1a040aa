import { ControlDesk, type Control } from '@posthouse/app'
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
  readonly #tree = new ControlTree(this.desk)
  readonly #listeners = new Map<number, () => void>()

  /** Asks all processes of the suite; without a parent, this one is all there are. */
  get everybody(): Control['ask'] {
    if (process.send !== undefined) return this.#line.everybody
    return (name, args) => this.#tree.ask(name, args)
  }

  /** From now on these are asked, too. */
  workedBy(workers: readonly Asked[]): void {
    this.#tree.adopt(workers)
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
        return void this.#line.answer(this.#tree, message)
      case 'gathered':
        return this.#line.hear(message)
      case 'follow': {
        const courier = new LineCourier(message.ticket, tellParent)
        const stop = this.#tree.follow(message.question, (lines, dropped) =>
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

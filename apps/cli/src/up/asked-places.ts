import type { Places, Want } from '@posthouse/app'
import type { PlacesAnswer, ToParent } from './channel.ts'

/** The places of a whole crew, as one of its workers has them: by asking the process that started it. */
export class AskedPlaces implements Places {
  readonly #tell: (message: ToParent) => void
  readonly #waiting = new Map<number, (areTaken: boolean) => void>()
  #lastTicket = 0

  constructor(tell: (message: ToParent) => void) {
    this.#tell = tell
  }

  async take(wants: readonly Want[]): Promise<(() => void) | undefined> {
    const ticket = ++this.#lastTicket
    const answer = Promise.withResolvers<boolean>()
    this.#waiting.set(ticket, answer.resolve)
    this.#tell({ kind: 'take', ticket, wants })
    if (!(await answer.promise)) return undefined
    return () => this.#tell({ kind: 'give', keys: wants.map(({ key }) => key) })
  }

  /** The answer has come. */
  hear({ ticket, areTaken }: PlacesAnswer): void {
    this.#waiting.get(ticket)?.(areTaken)
    this.#waiting.delete(ticket)
  }
}

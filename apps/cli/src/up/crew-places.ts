import { PlaceCounts } from '@posthouse/app'
import type { AskForPlaces, GivePlaces, PlacesAnswer } from './channel.ts'

/** What one worker holds of the counts that the whole crew shares. A worker that dies gives everything back. */
export class WorkerPlaces {
  readonly #all: PlaceCounts
  #own = new PlaceCounts()

  constructor(all: PlaceCounts) {
    this.#all = all
  }

  /** Carries out what a worker says; an answer where it waits for one. */
  hear(message: AskForPlaces | GivePlaces): PlacesAnswer | undefined {
    if (message.kind === 'give') {
      this.#own.give(message.keys)
      this.#all.give(message.keys)
      return undefined
    }
    const { wants, ticket } = message
    const areTaken = this.#all.take(wants)
    if (areTaken) this.#own.take(wants)
    return { kind: 'places', ticket, areTaken }
  }

  /** The worker is gone. */
  giveAll(): void {
    this.#all.give([...this.#own.all()])
    this.#own = new PlaceCounts()
  }
}

import type { Control } from '@posthouse/app'
import { exposition, metrics, PastProcesses, type ProcessSnapshot } from '@posthouse/telemetry'
import { up } from '../metrics.ts'
import type { StoreGauges } from './store-gauges.ts'

/** The metrics of all processes of the suite, put together. */
export class SuiteMetrics {
  readonly #control: Control | undefined
  readonly #store: StoreGauges
  readonly #past = new PastProcesses()
  readonly #pids = new Map<string, number>()
  #asking: Promise<string> | undefined

  /** @param control absent: this process is all there is */
  constructor(control: Control | undefined, store: StoreGauges) {
    this.#control = control
    this.#store = store
  }

  /** As Prometheus reads it. Those who ask at the same time get the same. */
  text(): Promise<string> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #ask(): Promise<string> {
    await this.#store.refresh()
    const parts = (await this.#control?.ask('metrics', null)) ?? []
    const answered: ProcessSnapshot[] = []
    const isUp = new Map<string, boolean>()
    const silent = new Set<number>()
    for (const part of parts) {
      const isThere = 'answer' in part
      isUp.set(part.app, isThere && (isUp.get(part.app) ?? true))
      if (isThere) {
        answered.push(part.answer)
        this.#pids.set(part.answer.process, part.pid)
      } else silent.add(part.pid)
    }
    up.replace([...isUp].map(([app, is]) => [{ app }, is ? 1 : 0]))
    // What this process has just learnt is in none of the answers yet.
    const own = metrics.snapshot()
    const others = answered.filter(({ process }) => process !== own.process)
    const all = this.#past.join([...others, own], ({ process }) =>
      silent.has(this.#pids.get(process) ?? 0),
    )
    this.#forget(answered, silent)
    return exposition(all)
  }

  #forget(answered: readonly ProcessSnapshot[], silent: ReadonlySet<number>): void {
    const known = new Set(answered.map(({ process }) => process))
    for (const [process, pid] of this.#pids) {
      if (!known.has(process) && !silent.has(pid)) this.#pids.delete(process)
    }
  }
}

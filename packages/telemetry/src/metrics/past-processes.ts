import { mergeMetrics } from './merge-metrics.ts'
import type { MetricSnapshot, ProcessSnapshot } from './snapshot.ts'

/**
 * Keeps what processes counted that are no more. Without it the sum over an app's processes would fall when one of them dies, and
 * whoever reads a fall as a restart from nothing would count all the others' work a second time.
 */
export class PastProcesses {
  #last = new Map<string, ProcessSnapshot>()
  /** One for each app: its dead processes, put together. */
  readonly #dead = new Map<string, ProcessSnapshot>()

  /**
   * Puts processes together with their dead predecessors.
   * @param answered what was told just now
   * @param isAlive whether a process that did not answer in time is there all the same; then its last word counts on
   */
  join(
    answered: readonly ProcessSnapshot[],
    isAlive: (process: ProcessSnapshot) => boolean = () => false,
  ): readonly MetricSnapshot[] {
    const now = new Map(answered.map((one) => [one.process, one]))
    for (const one of this.#last.values()) {
      if (now.has(one.process)) continue
      if (isAlive(one)) now.set(one.process, lasting(one))
      else this.#bury(one)
    }
    this.#last = now
    return mergeMetrics([...now.values(), ...this.#dead.values()])
  }

  #bury(one: ProcessSnapshot): void {
    const before = this.#dead.get(one.app)
    const ended = lasting(one)
    if (before === undefined) {
      this.#dead.set(one.app, ended)
      return
    }
    // Under one and the same app: its label is added once, when all are put together.
    const unlabelled = [before, ended].map((each) => ({
      ...each,
      metrics: each.metrics.map((metric) => ({ ...metric, byApp: false })),
    }))
    const byApp = new Map(ended.metrics.map(({ name, byApp: is }) => [name, is]))
    const metrics = mergeMetrics(unlabelled).map((metric) => ({
      ...metric,
      byApp: byApp.get(metric.name) ?? false,
    }))
    this.#dead.set(one.app, { ...ended, metrics })
  }
}

/** What a process has done stays true when it is gone; how things stood does not. */
function lasting(process: ProcessSnapshot): ProcessSnapshot {
  return { ...process, metrics: process.metrics.filter(({ kind }) => kind !== 'gauge') }
}

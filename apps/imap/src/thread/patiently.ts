import { setImmediate as nextTurn } from 'node:timers/promises'

/** Looked at between two turns of the other sessions: some ten milliseconds. */
const atOnce = 8 * 1024

/** Runs through a long list; others have their turn meanwhile. */
export async function patiently<T>(
  items: Iterable<T>,
  visit: (item: T, index: number) => void | Promise<void>,
): Promise<void> {
  let index = 0
  for (const item of items) {
    const work = visit(item, index)
    if (work !== undefined) await work
    index += 1
    if (index % atOnce === 0) await nextTurn()
  }
}

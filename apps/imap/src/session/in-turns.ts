import { setImmediate as nextTurn } from 'node:timers/promises'

/** Says what a generator makes piece by piece, other sessions having their turn between two pieces. */
export async function* inTurns<Said, Result>(
  pieces: Generator<Said, Result>,
): AsyncGenerator<Said, Result> {
  for (;;) {
    const step = pieces.next()
    if (step.done === true) return step.value
    yield step.value
    await nextTurn()
  }
}

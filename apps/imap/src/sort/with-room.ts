import type { Found } from '../search/find-messages.ts'
import type { Progress } from '../session/conversation.ts'
import type { OctetBudget } from '../session/octet-budget.ts'

/**
 * Does work on what was found while there is room for its keys. The answer is given after it: a client
 * that does not read holds no room.
 */
export async function* withRoom<Result>(
  room: OctetBudget,
  { uids }: Found,
  work: AsyncGenerator<Progress, Result>,
): AsyncGenerator<Progress, Result> {
  await room.take(uids.length)
  try {
    return yield* work
  } finally {
    room.release(uids.length)
  }
}

import type { Taken } from './sink.ts'
import type { Evidence } from './verify.ts'

/** What was found to be wrong, by kind. */
export interface Piles {
  readonly lost: string[]
  readonly duplicated: string[]
  readonly wrong: string[]
}

/** How often something was sent again with good reason. */
export interface Repeats {
  readonly repeatedAfterCut: number
  readonly repeatedAfterBreak: number
}

/** Every recipient was sent to, or returned to its sender, or is still queued; nothing else, and nothing twice. */
export function judgeOutgoing(
  { ledger, sink, repeatTimes, queued }: Evidence,
  returned: ReadonlyMap<string, number>,
  piles: Piles,
): Repeats {
  const byRecipient = Map.groupBy(sink.taken, ({ recipient }) => recipient)
  let [repeatedAfterCut, repeatedAfterBreak] = [0, 0]
  for (const { sender, recipient, isRefused } of ledger.outgoing) {
    const returns = returned.get(`${sender} ${recipient}`) ?? 0
    if (returns > 1) piles.duplicated.push(`${recipient} was returned ${returns} times`)
    if (isRefused) {
      if (returns === 0 && !queued.has(recipient))
        piles.lost.push(`${recipient} was refused and ${sender} was not told`)
      continue
    }
    if (returns > 0) piles.wrong.push(`${recipient} was returned, and no host had refused it`)
    const taken = byRecipient.get(recipient) ?? []
    if (taken.length === 0 && returns === 0 && !queued.has(recipient))
      piles.lost.push(`${recipient} never reached its host, was not returned, is not queued`)
    const { afterCut, afterBreak, without } = excusesOf(taken, repeatTimes)
    repeatedAfterCut += afterCut
    repeatedAfterBreak += afterBreak
    if (without > 0) piles.duplicated.push(`${recipient} reached its host ${taken.length} times`)
  }
  return { repeatedAfterCut, repeatedAfterBreak }
}

/** A worker that holds mail back while the database is away sends it after the break that leaves a repeat open. */
const lookBackMs = 60_000

/** Each time after the first needs a reason of its own since the time before: a cut line, or a break. */
function excusesOf(
  taken: readonly Taken[],
  repeatTimes: readonly number[],
): { readonly afterCut: number; readonly afterBreak: number; readonly without: number } {
  let [afterCut, afterBreak, without] = [0, 0, 0]
  for (const [n, each] of taken.slice(1).entries()) {
    const before = taken[n]
    if (before === undefined) continue
    if (before.isCut) afterCut++
    else if (repeatTimes.some((at) => at >= before.at - lookBackMs && at <= each.at)) afterBreak++
    else without++
  }
  return { afterCut, afterBreak, without }
}

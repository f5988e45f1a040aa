import type { Claim, ClaimedMessage, Recorded, Store } from '@posthouse/store'
import { Job } from './job.ts'
import { judge, nobody } from './judgement.ts'
import { Lease } from './lease.ts'
import { endedReply } from './own-refusals.ts'
import { ReportWriter } from './reports.ts'

/** What an operator ends, and how. */
export interface FailedClaim {
  readonly store: Store
  /** This server's name, for the reports. */
  readonly hostname: string
  readonly claim: Claim
  readonly leaseSeconds: number
  /** In words for whoever sent it. */
  readonly because: string
}

/**
 * Ends everything that a claim holds as undeliverable, at once: recorded and reported just as a refusal is, in whatever process, so
 * that it works while no worker runs.
 */
export async function failClaim(failed: FailedClaim): Promise<Recorded> {
  const { store, hostname, claim, leaseSeconds, because } = failed
  const lease = new Lease(store.queue, claim.token, leaseSeconds, performance.now())
  const reports = new ReportWriter(store, hostname)
  const answer = endedReply(because)
  let recorded = 0
  const lost: Recorded['lost'][number][] = []
  for (const message of wholeMessages(claim.messages)) {
    const job = new Job(message, lease)
    const judgements = message.recipients.map((recipient) =>
      judge(job, recipient, { kind: 'bounced', reply: answer, local: true }, nobody),
    )
    const outcomes = judgements.map(({ outcome }) => outcome)
    const told = await reports.write({ job, judgements })
    const result = await store.queue.record(claim.token, outcomes, told)
    lease.settle(job)
    recorded += result.recorded
    lost.push(...result.lost)
  }
  return { recorded, lost }
}

/** A claim has a message once for each destination; its sender is told of it once. */
function wholeMessages(messages: readonly ClaimedMessage[]): readonly ClaimedMessage[] {
  const groups = Map.groupBy(messages, ({ queueId }) => queueId)
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const recipients = [first, ...others].flatMap((message) => message.recipients)
    return [{ ...first, recipients }]
  })
}

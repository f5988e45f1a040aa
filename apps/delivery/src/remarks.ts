import type { Cause, RecipientOutcome } from '@posthouse/smtp'
import type { ClaimedRecipient } from '@posthouse/store'
import type { Job } from './job.ts'

/** How large it is, where that is what is wrong. */
export function sizeRemark({ message }: Job, { kind }: Cause): string | undefined {
  if (kind !== 'size') return undefined
  return `The message has ${(message.size / 1_000_000).toFixed(1)} MB.`
}

/** What is honest to add when an earlier attempt may have brought it. */
export function doubtRemark({ unknowns = 0 }: ClaimedRecipient, what: RecipientOutcome): string {
  if (unknowns === 0 || what.kind === 'unknown') return ''
  return ' Once the connection broke just as it was confirmed: it may have arrived all the same.'
}

/** A span of time as people say it: `5 days`, `3 hours`. */
export function spanOf(seconds: number): string {
  const hours = Math.round(seconds / 3600)
  if (hours < 1) return 'less than an hour'
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`
  return `${Math.round(hours / 24)} days`
}

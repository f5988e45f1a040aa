import { replies, type Reply } from '@posthouse/smtp'
import { StoreUnavailable } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'

/** Where something was thrown. */
export type FailurePlace = 'connect' | 'auth' | 'mail' | 'rcpt' | 'message'

/** The temporary error for what was thrown: the store away is expected, everything else a bug of ours. */
export function failureReply(error: unknown, where: FailurePlace, log: Log): Reply {
  if (error instanceof StoreUnavailable) {
    log.warn('smtp.store.away', { where, reason: error.reason, outcome: error.outcome })
    if (where === 'connect') return replies.greetingUnavailable
    return where === 'auth' ? replies.authUnavailable : replies.unavailable
  }
  log.error('smtp.failed', { where, because: error instanceof Error ? error.stack : String(error) })
  return where === 'auth' ? replies.authUnavailable : replies.internalError
}

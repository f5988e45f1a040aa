import type { Grant, Store } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { AccountSessions } from './account-sessions.ts'
import { grantCheckMs } from './limits.ts'

/** The part of the store that is needed. */
export interface GrantStore extends Pick<Store, 'onAccountChange'> {
  readonly accounts: Pick<Store['accounts'], 'lapsed'>
}

/**
 * Ends sessions whose password was changed or revoked, or whose account was disabled or removed:
 * as soon as a wake-up tells of it or may have been missed, and for app passwords that expire (and to
 * be sure) every few seconds, all sessions of the process in one question.
 * @returns stops watching
 */
export function watchGrants(
  store: GrantStore,
  sessions: AccountSessions,
  log: Log,
  everyMs = grantCheckMs,
): () => void {
  const check = async (grants: readonly Grant[]): Promise<void> => {
    if (grants.length === 0) return
    try {
      sessions.end(await store.accounts.lapsed(grants))
    } catch (error) {
      // Who was let in stays until the store can say otherwise; it is asked again soon.
      log.warn('grants.unchecked', { because: String(error) })
    }
  }
  let isChecking = false
  const checkAll = async (): Promise<void> => {
    if (isChecking) return
    isChecking = true
    await check(sessions.grants())
    isChecking = false
  }
  const forget = store.onAccountChange(
    (account) => void check(sessions.grants(account)),
    () => void checkAll(),
  )
  const timer = setInterval(() => void checkAll(), everyMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    forget()
  }
}

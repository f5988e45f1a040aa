import {
  reasonToContain,
  suspicionLimits,
  type Account,
  type SendingLeave,
  type Store,
} from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { tellOfContainment } from './containment-notice.ts'
import { looksEvery } from './limits.ts'

/** What watching over senders needs. */
export interface WatchServices {
  readonly store: Pick<Store, 'sending' | 'resolveAll' | 'deliver'>
  readonly hostname: string
  readonly log: Log
}

/** Asks leave for messages, and stops accounts that seem to be used by somebody else. */
export class SendingWatch {
  readonly #services: WatchServices

  constructor(services: WatchServices) {
    this.#services = services
  }

  /**
   * Leave for one message. An account that is stopped because of it hears so: the message is not taken.
   *
   * @param client the client's address
   */
  async leave(
    account: Account,
    recipients: readonly string[],
    client: string,
  ): Promise<SendingLeave> {
    const { sending } = this.#services.store
    const leave = await sending.leave({ account: account.id, recipients })
    if (!isWorthALook(leave)) return leave
    const because = reasonToContain(await sending.signs(account.id, client))
    if (because === undefined) return leave
    await this.#contain(account, because, client)
    return { kind: 'contained' }
  }

  async #contain(account: Account, because: string, client: string): Promise<void> {
    const { store, log } = this.#services
    const by = { via: 'submission', user: '' }
    if (!(await store.sending.contain(account.id, because, by))) return
    log.warn('smtp.account.contained', { account: account.address, because, remote: client })
    try {
      await tellOfContainment(this.#services, account, because)
    } catch (error) {
      log.error('smtp.containment.untold', { account: account.address, because: String(error) })
    }
  }
}

/** The signs cost a few reads: they are looked at where the counts stand out, and now and then. */
function isWorthALook(leave: SendingLeave): boolean {
  if (leave.kind !== 'free') return leave.kind === 'spent'
  const { messages, newRecipients, mostNewRecipients } = leave.today
  const isMany = newRecipients >= mostNewRecipients * suspicionLimits.newRecipientsShare
  return (
    messages % looksEvery === 0 || (isMany && newRecipients >= suspicionLimits.leastNewRecipients)
  )
}

import { setTimeout as sleep } from 'node:timers/promises'
import { replies } from './replies.ts'
import type { Reply } from './reply.ts'
import type { Settings } from './server-options.ts'
import type { SmtpSession } from './session.ts'

/** What one client has had of its share, in this session and, by the ledger, in others of late. */
export class ClientShare {
  readonly #settings: Pick<Settings<unknown, unknown>, 'limits' | 'ledger'>
  readonly #session: Pick<SmtpSession<unknown>, 'closed' | 'isLoopback' | 'remoteAddress'>
  #refusals = 0
  #recipients = 0

  constructor(
    settings: Pick<Settings<unknown, unknown>, 'limits' | 'ledger'>,
    session: Pick<SmtpSession<unknown>, 'closed' | 'isLoopback' | 'remoteAddress'>,
  ) {
    this.#settings = settings
    this.#session = session
  }

  /** It connects: the reply where it has come too often, or guessed too much. */
  refuseConnection(): Reply | undefined {
    const { ledger, limits } = this.#settings
    const { remoteAddress } = this.#session
    if (ledger?.connects(remoteAddress) === false) return replies.tooManyConnections
    const refusals = ledger?.refusalsOf(remoteAddress) ?? 0
    return refusals >= limits.refusals ? replies.tooManyRefusals : undefined
  }

  /** It begins a message: the reply where it has had enough of them. */
  refuseMessage(sender: string): Reply | undefined {
    const { ledger, limits } = this.#settings
    const { isLoopback, remoteAddress } = this.#session
    if (!isLoopback && this.#recipients >= limits.recipientsPerConnection) {
      return replies.tooManyOnConnection
    }
    const spent = ledger?.sends(remoteAddress, sender) ?? 'ok'
    if (spent === 'ok') return undefined
    return spent === 'client' ? replies.tooManyMessages : replies.tooManyFromSender
  }

  /** A recipient of its was taken. */
  takeRecipient(): void {
    this.#recipients += 1
  }

  /** A recipient of its is refused: held back from the n-th on, longer each time; the last word where it was one too many. */
  async refuseRecipient(): Promise<Reply | undefined> {
    const { limits, ledger } = this.#settings
    const { closed, remoteAddress } = this.#session
    this.#refusals += 1
    const refusals = Math.max(this.#refusals, ledger?.refuses(remoteAddress) ?? 0)
    if (refusals >= limits.refusals) return replies.tooManyRefusals
    const steps = Math.ceil(refusals - limits.freeRefusals)
    if (steps <= 0) return undefined
    const delayMs = Math.min(steps * limits.refusalDelayMs, limits.maxRefusalDelayMs)
    await sleep(delayMs, undefined, { signal: closed }).catch(() => undefined)
    return undefined
  }
}

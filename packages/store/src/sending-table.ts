import { createHash } from 'node:crypto'
import { clientNetwork } from './client-network.ts'
import type { Database } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import type { AccountId } from './ids.ts'
import type { SendingLeave, SendingMessage, SendingSigns, SentToday } from './sending.ts'
import {
  countStatement,
  giveBackStatement,
  hoursStatement,
  lazyStatement,
  lockStatement,
  signsStatement,
  type CountRow,
} from './sending-statements.ts'

/** A message that asks for leave: what is counted of it. */
interface Asking {
  readonly account: AccountId
  readonly recipients: readonly string[]
}

/** Counts what accounts send, in Postgres: what asks at the same moment in one process is counted in one transaction. */
export class SendingTable {
  readonly #database: Database
  readonly #group: GroupCommit<Asking, CountRow>

  constructor(database: Database) {
    this.#database = database
    this.#group = new GroupCommit((units) => this.#count(units))
  }

  /** See `Sending.leave`. */
  async leave({ account, recipients }: SendingMessage): Promise<SendingLeave> {
    const keys = [...new Set(recipients.map(recipientKey))]
    const row = await this.#group.submit({ account, recipients: keys }, keys.length)
    const [isContained, messages, newRecipients, mostMessages, mostNew, fresh] = row
    if (isContained) return { kind: 'contained' }
    const today = { messages, newRecipients, mostMessages, mostNewRecipients: mostNew }
    if (messages >= mostMessages) return await this.#spent(account, 'messages', today, 1)
    if (fresh > 0 && newRecipients + fresh > mostNew) {
      return await this.#spent(account, 'new-recipients', today, fresh)
    }
    const counted = { messages: messages + 1, newRecipients: newRecipients + fresh }
    return { kind: 'free', today: { ...today, ...counted } }
  }

  /** See `Sending.giveBack`. */
  async giveBack(account: AccountId): Promise<void> {
    await this.#database.transact(async (tx) => {
      void tx.execute(lockStatement, [[account]]).catch(() => {})
      await tx.execute(giveBackStatement, [account])
    })
  }

  /** See `Sending.signs`. */
  async signs(account: AccountId, address?: string): Promise<SendingSigns> {
    const [row] = await this.#database.query(signsStatement, [
      account,
      address === undefined ? null : clientNetwork(address).address,
    ])
    if (row === undefined) throw new Error('A look at what an account sent gave no row')
    return {
      today: {
        messages: row.messages,
        newRecipients: row.new_recipients,
        mostMessages: row.most_messages,
        mostNewRecipients: row.most_new,
      },
      ended: row.ended,
      bounced: row.bounced,
      newNetworks: row.fresh,
      isNewHere: row.is_here,
      knownNetworks: row.known,
    }
  }

  async #count(units: readonly Asking[]) {
    const accounts = [...new Set(units.map(({ account }) => account))]
    const rows = await this.#database.transact(
      (tx) => {
        // Sent together: an error of the first two shows in those after them.
        void tx.execute(lazyStatement).catch(() => {})
        void tx.execute(lockStatement, [accounts]).catch(() => {})
        return Promise.all(
          units.map(({ account, recipients }) => tx.query(countStatement, [account, recipients])),
        )
      },
      { plansOnce: true, retry: true },
    )
    return rows.map(([value]) =>
      value === undefined
        ? ({ ok: false, error: new Error('A count gave no row') } as const)
        : ({ ok: true, value } as const),
    )
  }

  async #spent(
    account: AccountId,
    what: 'messages' | 'new-recipients',
    today: SentToday,
    wanted: number,
  ): Promise<SendingLeave> {
    const isMessages = what === 'messages'
    const most = isMessages ? today.mostMessages : today.mostNewRecipients
    let left = isMessages ? today.messages : today.newRecipients
    if (wanted > most) return { kind: 'spent', what, today, retryAt: undefined }
    const hours = await this.#database.read(hoursStatement, [account])
    for (const [messages, newRecipients, over] of hours) {
      left -= isMessages ? messages : newRecipients
      if (left + wanted <= most) return { kind: 'spent', what, today, retryAt: over }
    }
    return { kind: 'spent', what, today, retryAt: new Date(Date.now() + 3_600_000) }
  }
}

/** What is kept of a recipient: enough to know it again, too little to write to it. */
function recipientKey(address: string): string {
  const digest = createHash('sha256').update(address.toLowerCase()).digest()
  return digest.readBigInt64BE(0).toString()
}

import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import type { Delivery, DeliveryResult } from './delivery.ts'
import type { AccountId } from './ids.ts'
import type { QuarantinedMessage, ReleaseOutcome } from './quarantine.ts'
import { tupleStatement, type Transaction } from './statement.ts'
import { uuidFromBase32 } from './uuid-v7.ts'
import { isMailboxGone } from './write-deliveries.ts'

/** A message as it will be delivered. */
export interface KeptOctets {
  readonly prefix: Buffer
  readonly content: Buffer
}

/** What is to be let in, where, and by whom. */
export interface Release {
  readonly message: QuarantinedMessage
  readonly octets: KeptOctets
  readonly to: AccountId | undefined
  readonly by: Actor
}

/** Prepares a delivery that a transaction of ours is to write. */
export type PrepareDelivery = (
  delivery: Delivery,
) => Promise<(tx: Transaction) => Promise<DeliveryResult>>

/** Two that let the same copy in meet here: the second finds nothing. */
const takeStatement = tupleStatement<readonly [string]>(
  'quarantine_take',
  'DELETE FROM quarantine WHERE quarantine_id = $1::uuid RETURNING quarantine_id',
)

/** The account is gone: undoes the transaction. */
class AccountGone extends Error {}

/** Moves a copy out of the quarantine into INBOX, in one transaction: it is never in both, or in neither. */
export async function releaseKept(
  database: Database,
  prepare: PrepareDelivery,
  release: Release,
): Promise<ReleaseOutcome> {
  const to = release.to ?? release.message.account
  const write = await prepare(await deliveryOf(release, to))
  try {
    return await database.transact(async (tx): Promise<ReleaseOutcome> => {
      const taken = await tx.query(takeStatement, [uuidFromBase32(release.message.id)])
      if (taken.length === 0) return { kind: 'not-found' }
      const { copies } = await write(tx)
      if (copies[0]?.kind !== 'delivered') throw new AccountGone()
      await note(tx, release, to)
      return { kind: 'released', message: release.message, to }
    })
  } catch (error) {
    if (error instanceof AccountGone || isMailboxGone(error)) return { kind: 'gone' }
    throw error
  }
}

async function deliveryOf({ message, octets }: Release, to: AccountId): Promise<Delivery> {
  // Loaded here: most processes never let anything in.
  const { computeFacts } = await import('@posthouse/message')
  return {
    octets: octets.content,
    facts: computeFacts(octets.content),
    receivedAt: message.receivedAt,
    queueId: message.queueId,
    origin: { door: 'quarantine', sender: message.sender },
    recipients: [{ account: to, mailbox: 'INBOX', prefix: octets.prefix, flags: [] }],
  }
}

async function note(tx: Transaction, { message, by }: Release, to: AccountId): Promise<void> {
  const { id, recipient, reason, account } = message
  const details = { recipient, reason, ...(to !== account && { to }) }
  await writeAudit(tx, by, 'quarantine.released', id, details)
}

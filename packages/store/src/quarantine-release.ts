import { writeAudit } from './audit-trail.ts'
import type { Actor } from './audit.ts'
import type { Database } from './database.ts'
import type { Delivery, DeliveryResult } from './delivery.ts'
import { askToLearn } from './filter-training-writes.ts'
import type { AccountId, MailboxId, Uid } from './ids.ts'
import type { QuarantinedMessage, ReleaseOptions, ReleaseOutcome } from './quarantine.ts'
import { tupleStatement, type Transaction } from './statement.ts'
import { uuidFromBase32 } from './uuid-v7.ts'
import { isMailboxGone } from './write-deliveries.ts'

/** A message as it will be delivered. */
export interface KeptOctets {
  readonly prefix: Buffer
  readonly content: Buffer
}

/** What is to be let in, where, and by whom. */
export interface Release extends ReleaseOptions {
  readonly message: QuarantinedMessage
  readonly octets: KeptOctets
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
      const [copy] = (await write(tx)).copies
      if (copy?.kind !== 'delivered') throw new AccountGone()
      if (release.teaches === true) await teach(tx, to, copy.mailbox, copy.uid)
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

const entryStatement = tupleStatement<readonly [number]>(
  'quarantine_entry',
  `SELECT message_id FROM entry
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND uid = $3::bigint`,
)

async function teach(
  tx: Transaction,
  account: AccountId,
  mailbox: MailboxId,
  uid: Uid,
): Promise<void> {
  const rows = await tx.query(entryStatement, [account, mailbox, uid])
  await askToLearn(
    tx,
    account,
    rows.map(([id]) => id),
    false,
  )
}

async function note(tx: Transaction, { message, by }: Release, to: AccountId): Promise<void> {
  const { id, recipient, reason, account } = message
  const details = { recipient, reason, ...(to !== account && { to }) }
  await writeAudit(tx, by, 'quarantine.released', id, details)
}

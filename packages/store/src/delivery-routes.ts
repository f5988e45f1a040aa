import { LRUCache } from 'lru-cache'
import type { Database } from './database.ts'
import type { DeliveryRecipient } from './delivery.ts'
import { mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { canonicalMailboxName } from './mailbox-name.ts'
import { tupleStatement } from './statement.ts'

type FoundRow = readonly [AccountId, number, string, string | null]

const findStatement = tupleStatement<FoundRow>(
  'delivery_routes',
  `SELECT account_id, mailbox_id, name, special_use FROM mailbox
  WHERE account_id = ANY ($1::uuid[]) AND state = 'live'
    AND (name = ANY ($2::text[]) OR special_use = ANY ($3::text[]))`,
)

const uidValidityStatement = tupleStatement<readonly [number]>(
  'mailbox_uid_validity',
  `SELECT uid_validity FROM mailbox
  WHERE account_id = $1::uuid AND mailbox_id = $2::bigint AND state = 'live'`,
)

/** A mailbox's UIDVALIDITY; undefined where it is gone. */
export async function readUidValidity(
  database: Database,
  account: AccountId,
  mailbox: MailboxId,
): Promise<number | undefined> {
  const [row] = await database.read(uidValidityStatement, [account, mailbox])
  return row?.[0]
}

/** Where recipients' copies go: mailboxes by name or special use, INBOX where there is none. */
export class DeliveryRoutes {
  readonly #database: Database
  /** INBOX keeps its id for life; only the removal of its account makes this wrong, and shows at once. */
  readonly #inboxes = new LRUCache<AccountId, MailboxId>({ max: 50_000 })

  constructor(database: Database) {
    this.#database = database
  }

  /** A mailbox for each recipient, in order; undefined where the account has none (it is gone). */
  async route(
    recipients: readonly Pick<DeliveryRecipient, 'account' | 'mailbox'>[],
  ): Promise<readonly (MailboxId | undefined)[]> {
    const wanted = recipients.map(({ account, mailbox }) => {
      // What is kept aside needs the account to be there, and no mailbox of its own.
      return { account, ...targetOf(typeof mailbox === 'string' ? mailbox : 'INBOX') }
    })
    const unknown = wanted.filter(({ account, name, use }) => {
      return use !== undefined || name !== 'INBOX' || !this.#inboxes.has(account)
    })
    const found = unknown.length === 0 ? [] : await this.#find(unknown)
    return wanted.map(({ account, name, use }) => {
      const own = found.filter(([owner]) => owner === account)
      const match = own.find((row) => (use === undefined ? row[2] === name : row[3] === use))
      return match === undefined ? this.#inboxes.get(account) : mailboxId(match[1])
    })
  }

  /** Forgets what turned out to be gone. */
  forget(account: AccountId): void {
    this.#inboxes.delete(account)
  }

  async #find(wanted: readonly (Target & { readonly account: AccountId })[]) {
    const rows = await this.#database.read(findStatement, [
      [...new Set(wanted.map(({ account }) => account))],
      [...new Set(['INBOX', ...wanted.map(({ name }) => name)])],
      [...new Set(wanted.flatMap(({ use }) => use ?? []))],
    ])
    for (const [account, id, name] of rows) {
      if (name === 'INBOX') this.#inboxes.set(account, mailboxId(id))
    }
    return rows
  }
}

interface Target {
  readonly name: string
  readonly use: string | undefined
}

function targetOf(mailbox: string): Target {
  if (mailbox.startsWith('\\')) return { name: 'INBOX', use: mailbox }
  return { name: canonicalMailboxName(mailbox) ?? 'INBOX', use: undefined }
}

import type { Database } from './database.ts'
import type { AppendAllResult, AppendRequest } from './delivery.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { ImportedFolder, ImportedMessage, Imports, UidSpan } from './imports.ts'
import { statement, tupleStatement, type Transaction } from './statement.ts'

const knownStatement = tupleStatement<readonly [number, number]>(
  'import_known',
  `SELECT lower(r), upper(r) FROM import_folder f CROSS JOIN LATERAL unnest(f.uids) AS r
  WHERE f.account_id = $1::uuid AND f.source = $2 AND f.folder = $3 AND f.uid_validity = $4
    AND f.mailbox_id = $5::bigint ORDER BY 1`,
)

const noteStatement = statement(
  'import_note',
  `INSERT INTO import_folder AS f (account_id, source, folder, uid_validity, mailbox_id, uids)
  VALUES ($1::uuid, $2, $3, $4, $5::bigint, $6::text::int8multirange)
  ON CONFLICT (account_id, source, folder, uid_validity) DO UPDATE SET mailbox_id = excluded.mailbox_id,
    uids = CASE WHEN f.mailbox_id = excluded.mailbox_id THEN f.uids + excluded.uids ELSE excluded.uids END`,
)

/** Appends to a mailbox, all or none, and does something else in the same transaction. */
export type AppendAlong = (
  account: AccountId,
  mailbox: MailboxId,
  requests: readonly AppendRequest[],
  along: (tx: Transaction) => void,
) => Promise<AppendAllResult>

/** Mail brought over from other servers, in Postgres. */
export class ImportTable implements Imports {
  readonly #database: Database
  readonly #append: AppendAlong

  constructor(database: Database, append: AppendAlong) {
    this.#database = database
    this.#append = append
  }

  async known(
    account: AccountId,
    mailbox: MailboxId,
    { source, folder, uidValidity }: ImportedFolder,
  ): Promise<readonly UidSpan[]> {
    const values = [account, source, folder, uidValidity, mailbox]
    const rows = await this.#database.query(knownStatement, values)
    return rows.map(([start, end]) => ({ start, end }))
  }

  append(
    account: AccountId,
    mailbox: MailboxId,
    { source, folder, uidValidity }: ImportedFolder,
    messages: readonly ImportedMessage[],
  ): Promise<AppendAllResult> {
    const spans = messages.map(({ sourceUid }) => `[${sourceUid},${sourceUid + 1})`)
    const values = [account, source, folder, uidValidity, mailbox, `{${spans.join(',')}}`]
    // Not awaited: what goes wrong shows in COMMIT.
    return this.#append(account, mailbox, messages, (tx) => {
      void tx.execute(noteStatement, values).catch(() => {})
    })
  }
}

import { pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { big, multirange } from './schema-columns.ts'
import { account } from './schema.ts'

/** What came from other servers. */
export const importFolder = pgTable(
  'import_folder',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    source: text('source').notNull(),
    folder: text('folder').notNull(),
    uidValidity: big('uid_validity').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    uids: multirange('uids').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.source, t.folder, t.uidValidity] })],
)

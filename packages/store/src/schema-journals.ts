import { sql } from 'drizzle-orm'
import { index, json, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { at, big, multirange } from './schema-columns.ts'

/** Who changed what. */
export const audit = pgTable(
  'audit',
  {
    auditId: big('audit_id').primaryKey().generatedAlwaysAsIdentity(),
    at: at('at').notNull().defaultNow(),
    via: text('via').notNull(),
    osUser: text('os_user').notNull(),
    action: text('action').notNull(),
    object: text('object').notNull(),
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index('audit_object').on(t.object, t.auditId)],
)

/** What happened to messages. */
export const trace = pgTable(
  'trace',
  {
    at: at('at')
      .notNull()
      .default(sql`clock_timestamp()`),
    kind: text('kind').notNull(),
    accountId: uuid('account_id'),
    queueId: uuid('queue_id'),
    mailboxId: big('mailbox_id'),
    messageId: big('message_id'),
    uids: multirange('uids'),
    idKey: big('id_key'),
    details: json('details'),
  },
  (t) => [index('trace_find').using('brin', t.accountId, t.queueId, t.idKey)],
)

import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'

// The mirror's part about what accounts send (see schema.ts).

export const accountSending = pgTable(
  'account_sending',
  {
    accountId: uuid('account_id').primaryKey(),
    containedAt: at('contained_at'),
    containedBecause: text('contained_because'),
    ruleId: integer('rule_id'),
    releasedAt: at('released_at'),
  },
  (t) => [
    index('account_sending_contained')
      .on(t.containedAt)
      .where(sql`contained_at IS NOT NULL`),
  ],
)

export const accountSent = pgTable(
  'account_sent',
  {
    accountId: uuid('account_id').notNull(),
    hour: integer('hour').notNull(),
    messages: integer('messages').notNull(),
    newRecipients: integer('new_recipients').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.hour] })],
)

export const accountRecipient = pgTable(
  'account_recipient',
  {
    accountId: uuid('account_id').notNull(),
    recipient: bigint('recipient', { mode: 'bigint' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.recipient] })],
)

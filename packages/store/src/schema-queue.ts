import { sql } from 'drizzle-orm'
import { doublePrecision, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'

// The mirror's part that steers the queue (see schema.ts): destinations, rules that hold, suppressed addresses.

export const queueDestination = pgTable(
  'queue_destination',
  {
    destination: text('destination').primaryKey(),
    dueAt: at('due_at').notNull(),
    resumesAt: at('resumes_at'),
    pausedAt: at('paused_at'),
    pausedBy: text('paused_by'),
    pausedBecause: text('paused_because'),
  },
  (t) => [
    index('queue_destination_due')
      .on(t.dueAt)
      .where(sql`resumes_at IS NULL`),
    index('queue_destination_paused')
      .on(t.resumesAt)
      .where(sql`resumes_at IS NOT NULL`),
  ],
)

export const queueRule = pgTable('queue_rule', {
  ruleId: integer('rule_id').primaryKey().generatedAlwaysAsIdentity(),
  because: text('because').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
  sender: text('sender'),
  senderDomain: text('sender_domain'),
  accountId: uuid('account_id'),
  destination: text('destination'),
  recipient: text('recipient'),
  olderThanSeconds: doublePrecision('older_than_seconds'),
  largerThan: integer('larger_than'),
  origin: text('origin'),
})

export const suppression = pgTable('suppression', {
  addressKey: text('address_key').primaryKey(),
  address: text('address').notNull(),
  because: text('because').notNull(),
  madeBy: text('made_by').notNull(),
  strikes: integer('strikes').notNull().default(0),
  struckAt: at('struck_at'),
  since: at('since'),
  until: at('until'),
})

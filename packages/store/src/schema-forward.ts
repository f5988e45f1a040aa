import { sql } from 'drizzle-orm'
import {
  boolean,
  bytea,
  date,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { account } from './schema.ts'
import { at } from './schema-columns.ts'

// The mirror's part for mail that goes on or is answered by itself (see schema.ts): forwards, rewritten senders, autoreplies.

export const forward = pgTable('forward', {
  accountId: uuid('account_id')
    .primaryKey()
    .references(() => account.accountId, { onDelete: 'cascade' }),
  keepsCopy: boolean('keeps_copy').notNull(),
  setAt: at('set_at').notNull().defaultNow(),
})

export const forwardTarget = pgTable(
  'forward_target',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => forward.accountId, { onDelete: 'cascade' }),
    n: smallint('n').notNull(),
    targetDomain: text('target_domain').notNull(),
    targetKey: text('target_key').notNull(),
    targetLocalPart: text('target_local_part').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.n] })],
)

export const forwarding = pgTable(
  'forwarding',
  {
    path: text('path').notNull(),
    queueId: uuid('queue_id').notNull(),
    n: integer('n').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.path, t.queueId, t.n] }),
    index('forwarding_queue').using('brin', t.queueId),
  ],
)

export const forwardResume = pgTable('forward_resume', {
  path: text('path').primaryKey(),
  resumedAt: at('resumed_at').notNull().defaultNow(),
})

export const srsKey = pgTable('srs_key', {
  key: bytea('key').primaryKey(),
  madeAt: at('made_at').notNull().defaultNow(),
})

export const srsKept = pgTable('srs_kept', {
  token: text('token').primaryKey(),
  address: text('address').notNull(),
  usedOn: date('used_on')
    .notNull()
    .default(sql`current_date`),
})

export const autoreply = pgTable('autoreply', {
  accountId: uuid('account_id')
    .primaryKey()
    .references(() => account.accountId, { onDelete: 'cascade' }),
  subject: text('subject'),
  body: text('body').notNull(),
  fromAt: at('from_at'),
  untilAt: at('until_at'),
  setAt: at('set_at').notNull().defaultNow(),
})

export const autoreplySent = pgTable(
  'autoreply_sent',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => autoreply.accountId, { onDelete: 'cascade' }),
    sender: text('sender').notNull(),
    sentAt: at('sent_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.sender] }),
    index('autoreply_sent_at').on(t.sentAt),
  ],
)

import { sql } from 'drizzle-orm'
import {
  boolean,
  bytea,
  date,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { account } from './schema.ts'
import { at, big } from './schema-columns.ts'

// The mirror's part that the filter needs (see schema.ts): verdicts, what is kept aside, settings, and what is learnt.

export const verdict = pgTable(
  'verdict',
  {
    at: at('at')
      .notNull()
      .default(sql`clock_timestamp()`),
    queueId: uuid('queue_id').notNull(),
    direction: text('direction').notNull(),
    action: text('action').notNull(),
    points: real('points').notNull(),
    details: json('details').notNull(),
  },
  (t) => [index('verdict_find').using('brin', t.queueId)],
)

export const quarantine = pgTable(
  'quarantine',
  {
    quarantineId: uuid('quarantine_id').primaryKey(),
    accountId: uuid('account_id').notNull(),
    queueId: uuid('queue_id').notNull(),
    reason: text('reason').notNull(),
    recipient: text('recipient').notNull(),
    sender: text('sender').notNull(),
    subject: text('subject').notNull(),
    content: bytea('content').notNull(),
    prefix: bytea('prefix').notNull(),
    size: integer('size').notNull(),
    at: at('at').notNull(),
    keptAt: at('kept_at').notNull().defaultNow(),
  },
  (t) => [
    index('quarantine_content').on(t.content),
    index('quarantine_account').on(t.accountId),
    index('quarantine_kept').on(t.keptAt),
  ],
)

export const filterSetting = pgTable('filter_setting', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

export const filterRule = pgTable(
  'filter_rule',
  {
    accountId: uuid('account_id').references(() => account.accountId, { onDelete: 'cascade' }),
    subject: text('subject').notNull(),
    rule: text('rule').notNull(),
    madeAt: at('made_at').notNull().defaultNow(),
  },
  (t) => [uniqueIndex('filter_rule_subject').on(t.accountId, t.subject)],
)

export const filterToken = pgTable('filter_token', {
  token: big('token').primaryKey(),
  pull: big('pull').notNull(),
  squares: big('squares').notNull(),
  spamAccounts: integer('spam_accounts').notNull(),
  hamAccounts: integer('ham_accounts').notNull(),
  housePull: big('house_pull').notNull(),
  houseSquares: big('house_squares').notNull(),
  houseLessons: integer('house_lessons').notNull(),
  touched: date('touched').notNull(),
})

export const filterAccountToken = pgTable(
  'filter_account_token',
  {
    accountId: uuid('account_id').notNull(),
    token: big('token').notNull(),
    pull: big('pull').notNull(),
    squares: big('squares').notNull(),
    touched: date('touched').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.token] })],
)

export const filterLesson = pgTable(
  'filter_lesson',
  {
    accountId: uuid('account_id').notNull(),
    key: big('key').notNull(),
    isSpam: boolean('is_spam').notNull(),
    pull: big('pull').notNull(),
    squares: big('squares').notNull(),
    version: smallint('version').notNull(),
    at: at('at').notNull().defaultNow(),
    tokens: big('tokens')
      .array()
      .notNull()
      .default(sql`'{}'`),
    mannerPull: big('manner_pull').notNull().default(0),
    mannerSquares: big('manner_squares').notNull().default(0),
    mannerTokens: big('manner_tokens')
      .array()
      .notNull()
      .default(sql`'{}'`),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.key] }), index('filter_lesson_at').on(t.at)],
)

export const filterTeacher = pgTable('filter_teacher', {
  accountId: uuid('account_id').primaryKey(),
  spam: integer('spam').notNull(),
  ham: integer('ham').notNull(),
})

export const filterTraining = pgTable(
  'filter_training',
  {
    accountId: uuid('account_id').notNull(),
    messageId: big('message_id').notNull(),
    isSpam: boolean('is_spam').notNull(),
    due: at('due').notNull().defaultNow(),
    attempts: smallint('attempts').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.messageId] }),
    index('filter_training_due').on(t.due),
  ],
)

export const filterReputation = pgTable(
  'filter_reputation',
  {
    accountId: uuid('account_id').notNull(),
    subject: text('subject').notNull(),
    spam: real('spam').notNull(),
    ham: real('ham').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.subject] })],
)

export const filterCorrespondent = pgTable(
  'filter_correspondent',
  {
    accountId: uuid('account_id').notNull(),
    address: text('address').notNull(),
    lastOn: date('last_on').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.address] })],
)

export const filterSimilar = pgTable(
  'filter_similar',
  {
    sketch: big('sketch').notNull(),
    hour: integer('hour').notNull(),
    seen: integer('seen').notNull(),
    spam: integer('spam').notNull(),
  },
  (t) => [primaryKey({ columns: [t.sketch, t.hour] }), index('filter_similar_hour').on(t.hour)],
)

export const greylist = pgTable(
  'greylist',
  {
    accountId: uuid('account_id').notNull(),
    sender: text('sender').notNull(),
    firstAt: at('first_at').notNull().defaultNow(),
    lastAt: at('last_at').notNull().defaultNow(),
    passed: boolean('passed').notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.sender] }), index('greylist_last').on(t.lastAt)],
)

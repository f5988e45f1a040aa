import { isNotNull, sql } from 'drizzle-orm'
import {
  boolean,
  bytea,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'

// The mirror's part about the queue (see schema.ts): messages, recipients, destinations, rules that hold, suppressed addresses.

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

export const queueMessage = pgTable(
  'queue_message',
  {
    queueId: uuid('queue_id').primaryKey(),
    accountId: uuid('account_id'),
    sender: text('sender').notNull(),
    content: bytea('content').notNull(),
    prefix: bytea('prefix').notNull(),
    size: integer('size').notNull(),
    envelopeId: text('envelope_id'),
    returnContent: text('return_content'),
    isEightBit: boolean('is_eight_bit').notNull(),
    needsSmtputf8: boolean('needs_smtputf8').notNull(),
    requiresTls: boolean('requires_tls').notNull(),
    origin: text('origin').notNull().default('submitted'),
    authorDomain: text('author_domain'),
    priority: smallint('priority').notNull().default(0),
    releaseAt: at('release_at'),
    expiresAt: at('expires_at'),
    isTlsOptional: boolean('is_tls_optional').notNull().default(false),
    submittedAt: at('submitted_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
  },
  (t) => [
    index('queue_message_content').on(t.content),
    index('queue_message_finished').on(t.finishedAt).where(isNotNull(t.finishedAt)),
    index('queue_message_account').on(t.accountId, t.submittedAt).where(isNotNull(t.accountId)),
  ],
)

export const queueRecipient = pgTable(
  'queue_recipient',
  {
    queueId: uuid('queue_id').notNull(),
    n: integer('n').notNull(),
    destination: text('destination').notNull(),
    address: text('address').notNull(),
    originalRecipient: text('original_recipient'),
    notify: text('notify').array(),
    state: text('state').notNull().default('waiting'),
    nextAt: at('next_at').notNull().defaultNow(),
    lease: uuid('lease'),
    worker: text('worker'),
    attempts: integer('attempts').notNull().default(0),
    priority: smallint('priority').notNull().default(0),
    heldAt: at('held_at'),
    heldBy: text('held_by'),
    heldBecause: text('held_because'),
    heldRule: integer('held_rule'),
    releasedAt: at('released_at'),
    delayToldAt: at('delay_told_at'),
    unknowns: smallint('unknowns').notNull().default(0),
    lastAt: at('last_at'),
    lastOutcome: text('last_outcome'),
    lastHost: text('last_host'),
    lastCode: smallint('last_code'),
    lastEnhanced: text('last_enhanced'),
    lastText: text('last_text'),
  },
  (t) => [
    primaryKey({ columns: [t.queueId, t.n] }),
    index('queue_recipient_due')
      .on(t.destination, t.priority, t.nextAt)
      .where(sql`state = 'waiting'`),
    index('queue_recipient_held')
      .on(t.queueId)
      .where(sql`state = 'held'`),
    index('queue_recipient_lease').on(t.lease).where(isNotNull(t.lease)),
  ],
)

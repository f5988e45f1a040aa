import { sql } from 'drizzle-orm'
import {
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
} from 'drizzle-orm/pg-core'
import { at, big } from './schema-columns.ts'

// The mirror's part about the speed of outbound mail (see schema.ts).

export const pace = pgTable(
  'pace',
  {
    provider: text('provider').notNull(),
    source: text('source').notNull(),
    connections: real('connections').notNull(),
    rate: real('rate'),
    ramp: real('ramp'),
    rampAt: at('ramp_at').notNull(),
    suspendedUntil: at('suspended_until'),
    suspendedSince: at('suspended_since'),
    suspensions: smallint('suspensions').notNull().default(0),
    isResigned: boolean('is_resigned').notNull().default(false),
    because: text('because'),
    lastAt: at('last_at'),
    lastHost: text('last_host'),
    lastCode: smallint('last_code'),
    lastEnhanced: text('last_enhanced'),
    lastText: text('last_text'),
    maxRecipients: integer('max_recipients'),
    maxMessages: integer('max_messages'),
    delivered: big('delivered').notNull().default(0),
    worker: text('worker').notNull(),
    changedAt: at('changed_at')
      .notNull()
      .default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.provider, t.source] }), index('pace_changed').on(t.changedAt)],
)

export const paceWorker = pgTable(
  'pace_worker',
  {
    worker: text('worker').notNull(),
    source: text('source').notNull(),
    seenAt: at('seen_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.worker, t.source] })],
)

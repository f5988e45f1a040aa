import {
  boolean,
  bytea,
  date,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core'
import { at, big } from './schema-columns.ts'

// The mirror's part about other domains' TLS (see schema.ts): policies, the ledger, and what reports are made of.

export const stsPolicy = pgTable(
  'sts_policy',
  {
    domain: text('domain').primaryKey(),
    policyId: text('policy_id').notNull(),
    mode: text('mode').notNull(),
    mx: text('mx').array().notNull(),
    lines: text('lines').array().notNull(),
    maxAge: integer('max_age').notNull(),
    fetchedAt: at('fetched_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    triedAt: at('tried_at').notNull().defaultNow(),
    failure: text('failure'),
  },
  (t) => [index('sts_policy_expires').on(t.expiresAt)],
)

export const tlsPeer = pgTable(
  'tls_peer',
  {
    domain: text('domain').notNull(),
    mxHost: text('mx_host').notNull(),
    policy: text('policy').notNull(),
    isVerified: boolean('is_verified').notNull(),
    sinceAt: at('since_at').notNull().defaultNow(),
    seenAt: at('seen_at').notNull().defaultNow(),
    firstTlsAt: at('first_tls_at'),
    lastTlsAt: at('last_tls_at'),
    tlsDays: integer('tls_days').notNull().default(0),
    protocol: text('protocol'),
    cipher: text('cipher'),
    lastFailureAt: at('last_failure_at'),
    failure: text('failure'),
    failures: integer('failures').notNull().default(0),
    lastClearAt: at('last_clear_at'),
  },
  (t) => [
    primaryKey({ columns: [t.domain, t.mxHost] }),
    index('tls_peer_seen').on(t.seenAt),
    index('tls_peer_host').on(t.mxHost),
  ],
)

export const tlsReportPolicy = pgTable('tls_report_policy', {
  policy: bytea('policy').primaryKey(),
  policyType: text('policy_type').notNull(),
  domain: text('domain').notNull(),
  lines: text('lines').array().notNull(),
  mx: text('mx').array().notNull(),
})

export const tlsReport = pgTable(
  'tls_report',
  {
    day: date('day').notNull(),
    policy: bytea('policy').notNull(),
    result: text('result').notNull(),
    mxHost: text('mx_host').notNull(),
    mxAddress: text('mx_address').notNull(),
    ownAddress: text('own_address').notNull(),
    reason: text('reason').notNull(),
    sessions: big('sessions').notNull(),
  },
  (t) => [
    primaryKey({
      columns: [t.day, t.policy, t.result, t.mxHost, t.mxAddress, t.ownAddress, t.reason],
    }),
  ],
)

import { boolean, bytea, index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'

// The mirror's part for our certificates (see schema.ts).

export const certificate = pgTable('certificate', {
  name: text('name').primaryKey(),
  source: text('source').notNull(),
  names: text('names').array().notNull().default([]),
  chain: text('chain'),
  pin: bytea('pin').notNull(),
  privateKey: bytea('private_key').notNull(),
  nextPin: bytea('next_pin'),
  nextKey: bytea('next_key'),
  nextReadyAt: at('next_ready_at'),
  notBefore: at('not_before'),
  notAfter: at('not_after'),
  issuedAt: at('issued_at'),
  renewAt: at('renew_at'),
  orderUrl: text('order_url'),
  orderNames: text('order_names').array(),
  orderIsNext: boolean('order_is_next'),
  failures: integer('failures').notNull().default(0),
  retryAt: at('retry_at'),
  problemKind: text('problem_kind'),
  problem: text('problem'),
  problemAt: at('problem_at'),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const certificateName = pgTable(
  'certificate_name',
  {
    name: text('name').primaryKey(),
    certificate: text('certificate')
      .notNull()
      .references(() => certificate.name, { onDelete: 'cascade' }),
    because: text('because').notNull(),
    failures: integer('failures').notNull().default(0),
    retryAt: at('retry_at'),
    checkedAt: at('checked_at').notNull().defaultNow(),
  },
  (t) => [index('certificate_name_certificate').on(t.certificate)],
)

export const acmeAccount = pgTable('acme_account', {
  directory: text('directory').primaryKey(),
  privateKey: bytea('private_key').notNull(),
  url: text('url'),
  email: text('email'),
  createdAt: at('created_at').notNull().defaultNow(),
})

export const acmeChallenge = pgTable('acme_challenge', {
  token: text('token').primaryKey(),
  kind: text('kind').notNull(),
  name: text('name').notNull(),
  answer: text('answer').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})

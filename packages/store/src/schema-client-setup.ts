import { bytea, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'
import { account, domain } from './schema.ts'

// The mirror's part about what devices and other servers fetch from us (see schema.ts).

export const profileLink = pgTable(
  'profile_link',
  {
    hash: bytea('hash').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    protocols: text('protocols').array().notNull(),
    passwordExpiresAt: at('password_expires_at'),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [index('profile_link_account').on(t.accountId)],
)

export const stsServing = pgTable('sts_serving', {
  domain: text('domain')
    .primaryKey()
    .references(() => domain.name, { onDelete: 'cascade' }),
  mode: text('mode').notNull(),
  maxAge: integer('max_age').notNull(),
})

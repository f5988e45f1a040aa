import { ne, inArray } from 'drizzle-orm'
import { bytea, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { domain } from './schema.ts'
import { at } from './schema-columns.ts'

// The mirror's part for signing (see schema.ts).

export const dkimKey = pgTable(
  'dkim_key',
  {
    domain: text('domain')
      .notNull()
      .references(() => domain.name, { onDelete: 'cascade' }),
    selector: text('selector').notNull(),
    algorithm: text('algorithm').notNull(),
    state: text('state').notNull().default('waiting'),
    publicKey: text('public_key').notNull(),
    privateKey: bytea('private_key'),
    overlapSeconds: integer('overlap_seconds').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    activatedAt: at('activated_at'),
    retireAt: at('retire_at'),
    retiredAt: at('retired_at'),
    checkedAt: at('checked_at'),
    finding: text('finding'),
  },
  (t) => [
    primaryKey({ columns: [t.domain, t.selector] }),
    uniqueIndex('dkim_key_standing')
      .on(t.domain, t.algorithm, t.state)
      .where(inArray(t.state, ['waiting', 'active'])),
    index('dkim_key_due').on(t.state, t.checkedAt).where(ne(t.state, 'retired')),
  ],
)

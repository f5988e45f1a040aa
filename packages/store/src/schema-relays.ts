import {
  boolean,
  bytea,
  integer,
  pgTable,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'

// The mirror's part about relays (see schema.ts).

export const relay = pgTable(
  'relay',
  {
    relayId: uuid('relay_id').primaryKey(),
    recipient: text('recipient').notNull(),
    sender: text('sender').notNull().default('*'),
    afterFailures: smallint('after_failures').notNull().default(0),
    host: text('host').notNull(),
    port: integer('port').notNull(),
    tls: text('tls').notNull(),
    userName: text('user_name'),
    secret: bytea('secret'),
    isAuthRisky: boolean('is_auth_risky').notNull().default(false),
    madeAt: at('made_at').notNull().defaultNow(),
  },
  (t) => [uniqueIndex('relay_pattern').on(t.recipient, t.sender, t.afterFailures)],
)

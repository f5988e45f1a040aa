import {
  bytea,
  cidr,
  doublePrecision,
  index,
  inet,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { at } from './schema-columns.ts'
import { account } from './schema.ts'

// The mirror's part about signing in and what an account's owner has set (see schema.ts).

export const serverKey = pgTable('server_key', {
  name: text('name').primaryKey(),
  key: bytea('key').notNull(),
})

export const appPassword = pgTable(
  'app_password',
  {
    appPasswordId: uuid('app_password_id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    hash: bytea('hash').notNull(),
    protocols: text('protocols').array().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at'),
    lastAt: at('last_at'),
    lastProtocol: text('last_protocol'),
    lastAddress: inet('last_address'),
  },
  (t) => [
    uniqueIndex('app_password_hash').on(t.hash),
    index('app_password_account').on(t.accountId),
  ],
)

export const loginFailure = pgTable(
  'login_failure',
  {
    network: cidr('network').notNull(),
    login: text('login').notNull(),
    score: doublePrecision('score').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.network, t.login] }), index('login_failure_at').on(t.at)],
)

export const loginPlace = pgTable(
  'login_place',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    network: cidr('network').notNull(),
    firstAt: at('first_at').notNull().defaultNow(),
    lastAt: at('last_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.network] }),
    index('login_place_network').on(t.network),
  ],
)

export const signIn = pgTable(
  'sign_in',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    slot: at('slot').notNull(),
    protocol: text('protocol').notNull(),
    client: cidr('client').notNull(),
    result: text('result').notNull(),
    appPasswordId: uuid('app_password_id').notNull(),
    times: integer('times').notNull(),
    firstAt: at('first_at').notNull(),
    lastAt: at('last_at').notNull(),
  },
  (t) => [
    primaryKey({
      columns: [t.accountId, t.slot, t.protocol, t.client, t.result, t.appPasswordId],
    }),
    index('sign_in_slot').on(t.slot),
  ],
)

export const networkRule = pgTable(
  'network_rule',
  {
    network: cidr('network').primaryKey(),
    rule: text('rule').notNull(),
    until: at('until'),
    madeAt: at('made_at').notNull().defaultNow(),
  },
  (t) => [index('network_rule_holds').using('spgist', t.network)],
)

export const accountSetting = pgTable(
  'account_setting',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    value: text('value').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.name] }), index('account_setting_name').on(t.name)],
)

export const pop3Session = pgTable(
  'pop3_session',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    holder: uuid('holder'),
    heldUntil: at('held_until'),
    loginAt: at('login_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.accountId] })],
)

import { isNotNull, sql } from 'drizzle-orm'
import {
  boolean,
  bytea,
  foreignKey,
  index,
  integer,
  interval,
  pgSequence,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core'
import { at, big } from './schema-columns.ts'

// The mirror of migrations/*.sql in drizzle's terms: the migrations are the truth, and schema.test.ts compares the two column by
// column. Administrative statements are built from it; the message path has SQL of its own.

export const domain = pgTable(
  'domain',
  {
    name: text('name').primaryKey(),
    createdAt: at('created_at').notNull().defaultNow(),
    aliasOf: text('alias_of').references((): AnyPgColumn => domain.name),
    disabledAt: at('disabled_at'),
    catchallDomain: text('catchall_domain'),
    catchallKey: text('catchall_key'),
    catchallLocalPart: text('catchall_local_part'),
    catchallMaySend: boolean('catchall_may_send').notNull().default(true),
  },
  (t) => [
    index('domain_alias').on(t.aliasOf).where(isNotNull(t.aliasOf)),
    index('domain_disabled').on(t.name).where(isNotNull(t.disabledAt)),
  ],
)

export const account = pgTable('account', {
  accountId: uuid('account_id').primaryKey(),
  name: text('name').notNull().default(''),
  password: text('password'),
  disabledAt: at('disabled_at'),
  createdAt: at('created_at').notNull().defaultNow(),
  epoch: integer('epoch').notNull().default(0),
  keepsReceiving: boolean('keeps_receiving').notNull().default(false),
})

export const lineage = pgTable('lineage', {
  isOnly: boolean('is_only').primaryKey().default(true),
  name: text('name').notNull(),
  since: at('since').notNull().defaultNow(),
})

export const domainQuota = pgTable('domain_quota', {
  domain: text('domain')
    .primaryKey()
    .references(() => domain.name, { onDelete: 'cascade' }),
  bytes: big('bytes'),
  messages: big('messages'),
  usedBytes: big('used_bytes').notNull().default(0),
  usedMessages: big('used_messages').notNull().default(0),
  summedAt: at('summed_at')
    .notNull()
    .default(sql`'-infinity'`),
})

export const removedAccount = pgTable(
  'removed_account',
  {
    accountId: uuid('account_id')
      .primaryKey()
      .references(() => account.accountId, { onDelete: 'cascade' }),
    domain: text('domain').notNull(),
    localKey: text('local_key').notNull(),
    localPart: text('local_part').notNull(),
    removedAt: at('removed_at').notNull().defaultNow(),
  },
  (t) => [index('removed_account_address').on(t.domain, t.localKey)],
)

export const address = pgTable(
  'address',
  {
    domain: text('domain')
      .notNull()
      .references(() => domain.name),
    localKey: text('local_key').notNull(),
    localPart: text('local_part').notNull(),
    accountId: uuid('account_id').references(() => account.accountId, { onDelete: 'cascade' }),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.domain, t.localKey] }),
    uniqueIndex('address_account').on(t.accountId).where(isNotNull(t.accountId)),
  ],
)

export const aliasTarget = pgTable(
  'alias_target',
  {
    domain: text('domain').notNull(),
    localKey: text('local_key').notNull(),
    n: smallint('n').notNull(),
    targetDomain: text('target_domain').notNull(),
    targetKey: text('target_key').notNull(),
    targetLocalPart: text('target_local_part').notNull(),
    maySend: boolean('may_send').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.domain, t.localKey, t.n] }),
    foreignKey({
      columns: [t.domain, t.localKey],
      foreignColumns: [address.domain, address.localKey],
    }).onDelete('cascade'),
    index('alias_target_target').on(t.targetDomain, t.targetKey),
  ],
)

export const content = pgTable('content', {
  hash: bytea('hash').primaryKey(),
  size: integer('size').notNull(),
  encoding: smallint('encoding').notNull(),
  octets: bytea('octets').notNull(),
  lastRef: at('last_ref').notNull().defaultNow(),
})

export const contentChunk = pgTable(
  'content_chunk',
  {
    hash: bytea('hash').notNull(),
    n: integer('n').notNull(),
    encoding: smallint('encoding').notNull(),
    octets: bytea('octets').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hash, t.n] })],
)

export const message = pgTable(
  'message',
  {
    accountId: uuid('account_id').notNull(),
    messageId: big('message_id').notNull(),
    content: bytea('content').notNull(),
    size: integer('size').notNull(),
    prefix: bytea('prefix').notNull(),
    receivedAt: at('received_at').notNull(),
    envelope: bytea('envelope').notNull(),
    body: bytea('body').notNull(),
    bodyStructure: bytea('body_structure').notNull(),
    parts: bytea('parts').notNull(),
    headerSize: integer('header_size').notNull(),
    header: bytea('header'),
    fromText: text('from_text').notNull(),
    toText: text('to_text').notNull(),
    ccText: text('cc_text').notNull(),
    bccText: text('bcc_text').notNull(),
    subject: text('subject').notNull(),
    messageIdHeader: text('message_id_header'),
    inReplyTo: text('in_reply_to'),
    referenceIds: text('reference_ids').array().notNull(),
    sentAt: at('sent_at'),
    sentDay: text('sent_day'),
    preview: text('preview').notNull(),
    threadId: big('thread_id').notNull(),
    idKey: big('id_key'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.messageId] }),
    index('message_content').on(t.content),
    index('message_id_key')
      .on(t.accountId, t.idKey)
      .where(sql`id_key IS NOT NULL`),
  ],
)

export const messageBlock = pgSequence('message_block')
export const mailboxNumber = pgSequence('mailbox_number')

export const mailbox = pgTable(
  'mailbox',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id')
      .notNull()
      .default(sql`nextval('mailbox_number')`),
    name: text('name').notNull(),
    uidValidity: big('uid_validity').notNull(),
    specialUse: text('special_use'),
    state: text('state').notNull().default('live'),
    retention: interval('retention'),
    createdAt: at('created_at').notNull().defaultNow(),
    deletedAt: at('deleted_at'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.mailboxId] }),
    uniqueIndex('mailbox_name')
      .on(t.accountId, t.name)
      .where(sql`state = 'live'`),
    index('mailbox_deleting')
      .on(t.deletedAt)
      .where(sql`state = 'deleting'`),
  ],
)

export const subscription = pgTable(
  'subscription',
  {
    accountId: uuid('account_id').notNull(),
    name: text('name').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.name] })],
)

export const mailboxHead = pgTable(
  'mailbox_head',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    live: boolean('live').notNull().default(true),
    uidNext: big('uid_next').notNull().default(1),
    modseq: big('modseq').notNull(),
    changeSeq: big('change_seq').notNull().default(0),
    recentUid: big('recent_uid').notNull().default(1),
    total: integer('total').notNull().default(0),
    unseen: integer('unseen').notNull().default(0),
    deleted: integer('deleted').notNull().default(0),
    bytes: big('bytes').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.mailboxId] })],
)

export const entry = pgTable(
  'entry',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    uid: big('uid').notNull(),
    messageId: big('message_id').notNull(),
    received: big('received').notNull(),
    modseq: big('modseq').notNull(),
    savedAt: at('saved_at').notNull().defaultNow(),
    flags: integer('flags').notNull(),
    size: integer('size').notNull(),
    keywords: smallint('keywords').array(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.mailboxId, t.uid] }),
    index('entry_message').on(t.accountId, t.messageId),
  ],
)

export const mailboxLog = pgTable(
  'mailbox_log',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    modseq: big('modseq').notNull(),
    changeSeq: big('change_seq').notNull(),
    at: at('at').notNull().defaultNow(),
    opId: uuid('op_id'),
    n: smallint('n').notNull(),
    kind: text('kind').notNull(),
    payload: bytea('payload').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.mailboxId, t.modseq] }),
    index('mailbox_log_expunged')
      .on(t.at)
      .where(sql`kind = 'expunge'`),
  ],
)

export const quota = pgTable(
  'quota',
  {
    accountId: uuid('account_id').notNull(),
    bytes: big('bytes'),
    messages: big('messages'),
  },
  (t) => [primaryKey({ columns: [t.accountId] })],
)

export const mailboxBase = pgTable(
  'mailbox_base',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    modseq: big('modseq').notNull(),
    changeSeq: big('change_seq').notNull(),
    uidNext: big('uid_next').notNull(),
    floor: big('floor').notNull().default(0),
    expungeFloor: big('expunge_floor').notNull().default(0),
    sum: big('sum').notNull(),
    at: at('at').notNull().defaultNow(),
    segmentUid: big('segment_uid').notNull().default(1),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.mailboxId] })],
)

export const mailboxPage = pgTable(
  'mailbox_page',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    firstUid: big('first_uid').notNull(),
    lastUid: big('last_uid').notNull(),
    modseq: big('modseq').notNull(),
    n: smallint('n').notNull(),
    sum: big('sum').notNull(),
    state: bytea('state').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.mailboxId, t.firstUid] })],
)

export const mailboxSegment = pgTable(
  'mailbox_segment',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    firstUid: big('first_uid').notNull(),
    lastUid: big('last_uid').notNull(),
    n: smallint('n').notNull(),
    structure: bytea('structure').notNull(),
    header: bytea('header').notNull(),
    search: bytea('search').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.mailboxId, t.firstUid] })],
)

export const searchSegment = pgTable(
  'search_segment',
  {
    accountId: uuid('account_id').notNull(),
    mailboxId: big('mailbox_id').notNull(),
    firstUid: big('first_uid').notNull(),
    lastUid: big('last_uid').notNull(),
    version: smallint('version').notNull(),
    isStale: boolean('is_stale').notNull().default(false),
    messages: integer('messages').notNull(),
    characters: integer('characters').notNull(),
    uids: bytea('uids').notNull(),
    fromWords: bytea('from_words').notNull(),
    toWords: bytea('to_words').notNull(),
    ccWords: bytea('cc_words').notNull(),
    bccWords: bytea('bcc_words').notNull(),
    subjectWords: bytea('subject_words').notNull(),
    headerWords: bytea('header_words').notNull(),
    bodyWords: bytea('body_words').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.mailboxId, t.firstUid] }),
    index('search_segment_stale')
      .on(t.accountId, t.mailboxId)
      .where(sql`is_stale`),
  ],
)

export const keyword = pgTable(
  'keyword',
  {
    accountId: uuid('account_id').notNull(),
    id: smallint('id').notNull(),
    name: text('name').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    uniqueIndex('keyword_name').on(t.accountId, sql`lower(${t.name})`),
  ],
)

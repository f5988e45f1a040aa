import { AccountAdmin } from './account-admin.ts'
import { AccountSettingTable } from './account-setting-table.ts'
import { accountChannel, everyAccount } from './account-channel.ts'
import { AddressBook } from './address-book.ts'
import { aliasAdmin } from './alias-admin.ts'
import { AppPasswordAdmin } from './app-password-admin.ts'
import { AppPasswordLookup } from './app-password-lookup.ts'
import { auditTrail } from './audit-trail.ts'
import { AutoreplyTable } from './autoreply-table.ts'
import { CertificateTable } from './certificate-table.ts'
import { checkContents } from './check-contents.ts'
import { checkQueue } from './check-queue.ts'
import type { DatabaseLimits } from './connections.ts'
import { ContentReader } from './content-reader.ts'
import { Database } from './database.ts'
import { DkimKeyTable } from './dkim-key-table.ts'
import { domainAdmin } from './domain-admin.ts'
import { DomainStates } from './domain-states.ts'
import { FilterReputationTable } from './filter-reputation-table.ts'
import { FilterSettingTable } from './filter-settings-table.ts'
import { FilterSimilarTable } from './filter-similar-table.ts'
import { FilterTokenTable } from './filter-token-table.ts'
import { ForwardAdmin } from './forward-admin.ts'
import { ForwardSenders } from './forward-senders.ts'
import { GreylistTable } from './greylist-table.ts'
import { FilterTrainingTable } from './filter-training-table.ts'
import { accountId, type AccountId } from './ids.ts'
import { ImportTable } from './import-table.ts'
import { loginLimits, type LoginLimits } from './login-limits.ts'
import { MailboxStore } from './mailbox-store.ts'
import {
  pendingMigrations,
  readMigrations,
  SchemaMismatch,
  type AppliedMigration,
} from './migrations.ts'
import { mendStore } from './mend-store.ts'
import { NetworkRuleAdmin } from './network-rule-admin.ts'
import { OutboundQueue } from './outbound-queue.ts'
import { PaceTable } from './pace-table.ts'
import { ProfileLinkTable } from './profile-link-table.ts'
import { StsServingTable } from './sts-serving-table.ts'
import { Pop3SessionTable } from './pop3-session-table.ts'
import { RelayTable } from './relay-table.ts'
import { Sealer } from './sealer.ts'
import { checkServer, serverSettingsText, type ServerSettings } from './server-check.ts'
import { SendingDesk } from './sending-desk.ts'
import { SignInTable } from './sign-in-table.ts'
import { statement, tupleStatement } from './statement.ts'
import type { Store } from './store.ts'
import { silentLog, type StoreLog } from './store-log.ts'
import { tlsTable } from './tls-table.ts'
import { SuppressionTable } from './suppression-table.ts'
import { TraceReader } from './trace-reader.ts'
import type { PrepareDelivery } from './quarantine-release.ts'
import { QuarantineTable } from './quarantine-table.ts'
import { sqlState } from './unavailable.ts'
import { VerdictReader } from './verdict-reader.ts'
import { proveWritable, vitalSigns } from './vital-signs.ts'

/** What a process needs to open the store. */
export interface OpenStoreOptions {
  /** The database's URL. */
  readonly database: string
  readonly log?: StoreLog
  /** The app's name, shown in pg_stat_activity. */
  readonly app: string
  /** Accept settings that void durability: POSTHOUSE_UNSAFE_DB=1, for tests. */
  readonly unsafe?: boolean
  /** The file of the key that seals secrets; without one none can be kept. */
  readonly secretKeyFile?: string
  readonly limits?: Partial<DatabaseLimits>
  /** How much guessing of passwords is borne; tests use less. */
  readonly loginLimits?: Partial<LoginLimits>
}

const settings = statement<ServerSettings>('server_settings', serverSettingsText)
const applied = statement<AppliedMigration>(
  'schema_applied',
  'SELECT number, name, checksum FROM schema_migration ORDER BY number',
)
const one = tupleStatement<readonly [number]>('store_ready', 'SELECT 1')

/**
 * Opens the store: connects, refuses a server whose settings void durability (UnsuitableDatabase) and a schema that is not this
 * version's (SchemaMismatch; `migrate` first), and begins to listen for wake-ups. Throws StoreUnavailable while Postgres is away.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const log = options.log ?? silentLog
  const database = new Database({
    url: options.database,
    app: options.app,
    log,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  try {
    await checkDatabase(database, options.unsafe ?? false)
  } catch (error) {
    await database.close()
    throw error
  }
  return assemble(database, log, options)
}

async function checkDatabase(database: Database, unsafe: boolean): Promise<void> {
  const [server] = await database.query(settings)
  if (server !== undefined) checkServer(server, unsafe)
  const known = await readMigrations()
  const pending = pendingMigrations(known, await readApplied(database))
  if (pending.length > 0) {
    throw new SchemaMismatch(
      `The database's schema is older than this Posthouse (${pending.length} steps to take, the next is ${pending[0]?.name ?? ''}): migrate it first.`,
    )
  }
}

async function readApplied(database: Database): Promise<readonly AppliedMigration[]> {
  try {
    return await database.query(applied)
  } catch (error) {
    if (sqlState(error) === '42P01') return [] // undefined_table: an empty database
    throw error
  }
}

function assemble(database: Database, log: StoreLog, options: OpenStoreOptions): Store {
  const limits = { ...loginLimits, ...options.loginLimits }
  const sealer = new Sealer(database, options.secretKeyFile)
  const mailboxes = new MailboxStore(database, log)
  const senders = new ForwardSenders(database)
  const noteLimit = (account: AccountId, isLimited: boolean): void =>
    mailboxes.quotas.note(account, isLimited)
  const domains = new DomainStates(database)
  const addresses = new AddressBook(database, noteLimit, senders, domains)
  const prepare: PrepareDelivery = (delivery) => mailboxes.prepareDelivery(delivery)
  const queue = new OutboundQueue(database, prepare)
  const appPasswords = new AppPasswordLookup(database)
  return {
    accounts: new AccountAdmin(database, log, appPasswords, limits),
    appPasswords: new AppPasswordAdmin(database, appPasswords),
    profileLinks: new ProfileLinkTable(database, appPasswords),
    stsServings: new StsServingTable(database),
    signIns: new SignInTable(database),
    networkRules: new NetworkRuleAdmin(database, limits),
    accountSettings: new AccountSettingTable(database),
    pop3Sessions: new Pop3SessionTable(database),
    domains: domainAdmin(database, domains),
    dkimKeys: new DkimKeyTable(database, sealer),
    certificates: new CertificateTable(database, sealer),
    aliases: aliasAdmin(database),
    forwards: new ForwardAdmin(database, senders),
    autoreplies: new AutoreplyTable(database, prepare),
    audit: auditTrail(database),
    queue,
    sending: new SendingDesk(database, queue, addresses, domains),
    suppressions: new SuppressionTable(database),
    pace: new PaceTable(database),
    relays: new RelayTable(database, sealer),
    trace: new TraceReader(database),
    quarantine: new QuarantineTable(database, mailboxes.contents, prepare),
    verdicts: new VerdictReader(database),
    filterSettings: new FilterSettingTable(database),
    greylist: new GreylistTable(database),
    imports: new ImportTable(database, (account, mailbox, requests, along) =>
      mailboxes.appendAll(account, mailbox, requests, along),
    ),
    tls: tlsTable(database),
    learning: {
      tokens: new FilterTokenTable(database),
      reputation: new FilterReputationTable(database),
      similar: new FilterSimilarTable(database),
      training: new FilterTrainingTable(database, mailboxes.contents),
    },
    resolve: (address) => addresses.resolve(address),
    resolveAll: (list) => addresses.resolveAll(list),
    trail: (address) => addresses.trail(address),
    deliver: (delivery) => mailboxes.deliver(delivery),
    quotas: mailboxes.quotas,
    mailboxes: (account, keeper) => mailboxes.mailboxes(account, keeper),
    open: (account, mailbox, how) => mailboxes.open(account, mailbox, how),
    append: (account, mailbox, request) => mailboxes.append(account, mailbox, request),
    appendAll: (account, mailbox, requests) => mailboxes.appendAll(account, mailbox, requests),
    onAccountChange: (listener, onGap) => onAccountChange(database, listener, onGap),
    checkContents: (watch) => checkContents(database, new ContentReader(database), watch),
    mend: () => mendStore(database),
    check: async (watch) => [...(await mailboxes.check(watch)), ...(await checkQueue(database))],
    indexForSearch: (told, signal) => mailboxes.indexForSearch(told, signal),
    waitingForSearch: () => mailboxes.waitingForSearch(),
    tidy: () => mailboxes.tidy(),
    vitalSigns: () => vitalSigns(database),
    proveWritable: () => proveWritable(database),
    isReady: () => isReady(database),
    async close() {
      await mailboxes.close()
      await database.close()
    },
  }
}

function onAccountChange(
  database: Database,
  listener: (account: AccountId) => void,
  onGap: () => void = () => undefined,
): () => void {
  return database.notifier.listen(accountChannel, {
    onWake: (payload) => (payload === everyAccount ? onGap() : listener(accountId(payload))),
    onGap,
  })
}

async function isReady(database: Database): Promise<boolean> {
  try {
    await database.query(one)
    return true
  } catch {
    return false
  }
}

import type { AllAccountSettings } from './account-settings.ts'
import type { Trail } from './address-trail.ts'
import type { Accounts } from './accounts.ts'
import type { Aliases } from './aliases.ts'
import type { AppPasswords } from './app-passwords.ts'
import type { Audit } from './audit.ts'
import type { Autoreplies } from './autoreplies.ts'
import type {
  AppendAllResult,
  AppendRequest,
  AppendResult,
  Delivery,
  DeliveryResult,
} from './delivery.ts'
import type { Certificates } from './certificates.ts'
import type { DkimKeys } from './dkim-keys.ts'
import type { Domains } from './domains.ts'
import type { Forwards } from './forwards.ts'
import type { FilterLearning } from './filter-learning.ts'
import type { Greylist } from './greylist-table.ts'
import type { FilterSettingStore } from './filter-settings.ts'
import type { AccountId, MailboxId } from './ids.ts'
import type { Imports } from './imports.ts'
import type { MailboxKeeper, Mailboxes } from './mailboxes.ts'
import type { NetworkRules } from './network-rules.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import type { Pace } from './pace.ts'
import type { ProfileLinks } from './profile-links.ts'
import type { Pop3Sessions } from './pop3-sessions.ts'
import type { Quarantine } from './quarantine.ts'
import type { Queue } from './queue.ts'
import type { Quotas } from './quotas.ts'
import type { Relays } from './relays.ts'
import type { Resolution } from './resolution.ts'
import type { Sending } from './sending.ts'
import type { SignIns } from './sign-ins.ts'
import type { IndexListener } from './search-catch-up.ts'
import type { StsServings } from './sts-serving.ts'
import type { TlsLedger } from './tls-ledger.ts'
import type { Suppressions } from './suppressions.ts'
import type { Trace } from './trace.ts'
import type { Verdicts } from './verdicts.ts'
import type { VitalSigns } from './vital-signs.ts'

/** Who waits for a long look. */
export interface CheckWatch {
  /** Called often: so many were looked at, of about so many. */
  readonly told?: (done: number, total: number) => void
  /** Stops it: what was found so far is given. */
  readonly signal?: AbortSignal
}

/** Something that is not as it must be: an invariant's name (`I1` …), where, and what was found. */
export interface Finding {
  readonly invariant: string
  readonly account?: AccountId
  readonly mailbox?: MailboxId
  readonly text: string
}

/** What became of a finding: mended, or why not. */
export interface Mending {
  readonly finding: Finding
  readonly because?: string
}

/** Everything that is kept. One per process, from `openStore`. */
export interface Store {
  readonly accounts: Accounts
  readonly appPasswords: AppPasswords
  readonly profileLinks: ProfileLinks
  readonly signIns: SignIns
  readonly networkRules: NetworkRules
  readonly accountSettings: AllAccountSettings
  readonly pop3Sessions: Pop3Sessions
  readonly domains: Domains
  readonly stsServings: StsServings
  readonly dkimKeys: DkimKeys
  readonly certificates: Certificates
  readonly aliases: Aliases
  readonly forwards: Forwards
  readonly autoreplies: Autoreplies
  readonly audit: Audit
  readonly queue: Queue
  readonly sending: Sending
  readonly suppressions: Suppressions
  readonly pace: Pace
  readonly relays: Relays
  readonly trace: Trace
  readonly quarantine: Quarantine
  readonly verdicts: Verdicts
  readonly filterSettings: FilterSettingStore
  readonly learning: FilterLearning
  readonly greylist: Greylist
  readonly imports: Imports
  readonly tls: TlsLedger
  /**
   * Where an address leads. `postmaster` alone, without a domain, is the first domain's (RFC 5321 §4.5.1). What cannot be
   * an address of ours is `unknown`, or `foreign` where its domain is not hosted.
   */
  resolve(address: string): Promise<Resolution>
  /** The same for many, in their order, in one round trip. */
  resolveAll(addresses: readonly string[]): Promise<readonly Resolution[]>
  /** The way that an address leads, hop by hop, for people to look at. */
  trail(address: string): Promise<Trail>
  /** Commits a message: 250 may be said when this resolves, and only then. */
  deliver(delivery: Delivery): Promise<DeliveryResult>
  /** Limits of accounts, and what they use. */
  readonly quotas: Quotas
  /** `keeper`: an administrator, whose changes leave audit rows. */
  mailboxes(account: AccountId, keeper?: MailboxKeeper): Mailboxes
  /** Opens a mailbox for a session; undefined when it does not exist. */
  open(
    account: AccountId,
    mailbox: MailboxId,
    options: { readonly readOnly: boolean },
  ): Promise<OpenMailbox | undefined>
  append(account: AccountId, mailbox: MailboxId, request: AppendRequest): Promise<AppendResult>
  /** Several messages in their order, in one transaction: all of them or none (RFC 3502 §2). */
  appendAll(
    account: AccountId,
    mailbox: MailboxId,
    requests: readonly AppendRequest[],
  ): Promise<AppendAllResult>
  /**
   * Calls the listener when an account was disabled or removed, got another password, or lost an app password, in whatever
   * process; and `onGap` when wake-ups may have been missed: when listening begins, and after a lost connection. Which sessions
   * are to end is told by `accounts.lapsed`, then and every few seconds.
   */
  onAccountChange(listener: (account: AccountId) => void, onGap?: () => void): () => void
  /**
   * Indexes for searching whatever waits and is worth it, as the keepers do in the background; gives how many messages were
   * added. Does nothing where another process is at it.
   */
  indexForSearch(told?: IndexListener, signal?: AbortSignal): Promise<number>
  /** Mailboxes that wait for that: a thousand at most. */
  waitingForSearch(): Promise<number>
  /** The consistency check (docs/store.md, invariants). Empty when all is well; stopped, it gives what it found so far. */
  check(watch?: CheckWatch): Promise<readonly Finding[]>
  /** The same of every content's octets against their hash: reads all there is. */
  checkContents(watch?: CheckWatch): Promise<readonly Finding[]>
  /** Checks, and mends what can be mended without guessing (docs/store.md). */
  mend(): Promise<readonly Mending[]>
  /** Writes what opening and listing large mailboxes is quick by, now, as the keepers do in the background. */
  tidy(): Promise<void>
  /** How it stands, for metrics; of a very long queue not for nothing. */
  vitalSigns(): Promise<VitalSigns>
  /** Resolves once something was written and committed. @throws Error where the database takes no writes. */
  proveWritable(): Promise<void>
  /** True while Postgres answers. */
  isReady(): Promise<boolean>
  close(): Promise<void>
}

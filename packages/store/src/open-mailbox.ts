import type { MessageFacts } from '@posthouse/message'
import type { AppendRequest, AppendResult } from './delivery.ts'
import type { FetchedBy } from './fetch-journal.ts'
import type { AccountId, MailboxId, MessageId, ModSeq, Uid } from './ids.ts'
import type { MailboxView } from './mailbox-view.ts'
import type { SearchTerm } from './search-fields.ts'
import type { SearchLookup } from './search-lookup.ts'

/** A message as the mailbox has it, or as it was when it was expunged (a ghost). */
export interface MessageRow {
  readonly uid: Uid
  /** What `OpenMailbox.flagNames` spells; `&` sees system flags and the first 27 keywords in it. Equal numbers, equal flags. */
  readonly flags: number
  readonly modSeq: ModSeq
  readonly messageId: MessageId
  /** RFC822.SIZE: prefix and content. */
  readonly size: number
  /** The internal date, seconds since 1970. */
  readonly received: number
  /** Expunged; this session has not been told yet. */
  readonly isGhost: boolean
}

/** What happened since this session was last told. Own flag changes are not repeated, own expunges are. */
export type Change =
  | { readonly kind: 'new'; readonly uids: readonly Uid[] }
  | { readonly kind: 'flags'; readonly uid: Uid; readonly flags: number; readonly modSeq: ModSeq }
  | { readonly kind: 'expunged'; readonly uid: Uid; readonly ghost: MessageRow }

/** UIDs from `first` to below `end`. */
export interface RecentRange {
  readonly first: number
  readonly end: number
}

/** STORE's three forms (RFC 3501 §6.4.6). Flags by name; \Recent is ignored. */
export interface FlagOperation {
  readonly op: 'set' | 'add' | 'remove'
  readonly flags: readonly string[]
}

/** UIDs, each once, of a set or of what was found. */
export type Uids = readonly Uid[] | Uint32Array

/**
 * The outcome of STORE. `changed`: effective changes only; messages that had the flags already, or are gone, are
 * not in it. `modified`: refused by UNCHANGEDSINCE (RFC 7162 §3.1.3). `limit`: too many keywords in the account;
 * `nonexistent`: the mailbox is gone.
 */
export type StoreOutcome =
  | {
      readonly ok: true
      readonly changed: readonly Uid[]
      readonly modified: readonly Uid[]
    }
  | { readonly ok: false; readonly reason: 'limit' | 'nonexistent' }

/** The outcome of COPY and MOVE: [source, target] pairs in ascending order (RFC 4315 §3). `quota`: no room (OVERQUOTA). */
export type CopyOutcome =
  | {
      readonly ok: true
      readonly uidValidity: number
      readonly pairs: readonly (readonly [Uid, Uid])[]
    }
  | { readonly ok: false; readonly reason: 'nonexistent' | 'limit' | 'quota' }

/** The outcome of REPLACE: the new message's UID. `gone`: the one to be replaced was expunged by somebody else. */
export type ReplaceOutcome =
  | { readonly ok: true; readonly uidValidity: number; readonly uid: Uid }
  | { readonly ok: false; readonly reason: 'nonexistent' | 'limit' | 'quota' | 'gone' }

/** What can be asked of one message: its facts, all about the content, and the prefix before it. */
export interface StoredFacts extends Omit<MessageFacts, 'size'> {
  /** What was prepended at delivery, whole header fields: add its length to offsets into the content. */
  readonly prefix: Buffer
}

/** One message's facts: those that were asked for. */
export type FactsOf<Field extends keyof StoredFacts> = Pick<StoredFacts, Field> & {
  readonly uid: Uid
}

/** Where octets stand. One object for all answers: to be read before the next question. */
export interface OctetPlace {
  octets: Buffer
  start: number
  end: number
}

/** Facts that are octets. */
export type OctetFact = 'prefix' | 'envelope' | 'body' | 'bodyStructure' | 'parts' | 'header'

/** The asked facts of many messages, where they stand in memory. What is taken out of it is not to be kept. */
export interface FactsPage<Field extends keyof StoredFacts> {
  /** How many messages; their indexes are 0 to `size` - 1. */
  readonly size: number
  uidAt(index: number): Uid
  /** Where a fact of octets stands; undefined where there is none. */
  place(index: number, field: Field & OctetFact): OctetPlace | undefined
  facts(index: number): FactsOf<Field>
}

/** Whole messages, read before they are asked for. What all sessions of a process hold together is bounded. */
export interface ReadAhead {
  /**
   * The message's octets, valid until the next call: copy what is to be kept. Undefined: no such message. `following` gives the
   * UIDs that will be asked for after one, the nearest first, where that can be guessed.
   */
  read(uid: Uid, following?: (after: Uid) => Iterable<Uid>): Promise<Buffer | undefined>
  /** Gives back what was read ahead; what `read` gave last stays valid. */
  forget(): void
}

/**
 * A session's hold on a mailbox: one per session, over the `MailboxState` that all sessions of the process share.
 *
 * `state` is always the newest known; what this session may show is what `changes()` has told it. A UID that another
 * session expunged stays readable here (a ghost) until `changes()` has told this session.
 *
 * At the opening everything in `state` counts as told: read its UIDs before the next `await`, or call `changes()` just
 * before reading them.
 */
export interface OpenMailbox {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly isReadOnly: boolean
  /** The mailbox was deleted. What it held can be read on; writes answer `nonexistent`. */
  readonly isGone: boolean
  readonly state: MailboxView
  /**
   * Everything that happened up to this modseq was told to this session: what may be said as HIGHESTMODSEQ, so that a
   * client that resynchronises from it misses nothing. Below the state's where expunges are kept back.
   */
  readonly toldModSeq: ModSeq
  /** Names of the account's keywords, by rising bit. */
  readonly keywords: readonly string[]
  /** Spells flags: system flags first, then keywords. Without \Recent. */
  flagNames(flags: number): readonly string[]
  /** A test whether flags have this one, for SEARCH; no flags have an unknown keyword. */
  flagTest(name: string): (flags: number) => boolean
  /** True where this session is the one that was first told (RFC 3501 §2.3.2). */
  isRecent(uid: Uid): boolean
  /** The UIDs that `isRecent` says yes to, [first, end), whether they exist or not; messages may become so after they were told. */
  readonly recentRanges: readonly RecentRange[]
  /** The message, or its ghost while this session has not been told. */
  row(uid: Uid): MessageRow | undefined
  /** Calls `listener` when something changed, in this process or another; the session then pulls `changes()`. */
  onChange(listener: () => void): void
  /** What this session was not told yet, in a safe order: expunges, flags, new. `keepExpunged`: not now (RFC 3501 §7.4.1). */
  changes(options?: { readonly keepExpunged?: boolean }): readonly Change[]
  /** Reads what is newer from Postgres and claims \Recent; `changes()` has it then. */
  refresh(): Promise<void>
  setFlags(
    uids: Uids,
    operation: FlagOperation,
    options?: { readonly unchangedSince?: ModSeq },
  ): Promise<StoreOutcome>
  /** Expunges those of `uids` that exist. Which of them carry \Deleted is the caller's business: see `deletedUids`. */
  expunge(uids: Uids): Promise<readonly Uid[]>
  /** UIDs that carry \Deleted now. */
  deletedUids(): readonly Uid[]
  /** Messages that are gone are skipped, not an error. */
  copy(uids: Uids, target: MailboxId): Promise<CopyOutcome>
  move(uids: Uids, target: MailboxId): Promise<CopyOutcome>
  append(request: AppendRequest): Promise<AppendResult>
  /** Enters a message in `target` and expunges `replaced` here, in one commit (RFC 8508 §3.3). Quota counts the difference. */
  replace(replaced: Uid, target: MailboxId, request: AppendRequest): Promise<ReplaceOutcome>
  /**
   * UIDs expunged after this modseq, ascending (RFC 7162 §3.2.5). Undefined: longer ago than expunges are remembered; say
   * VANISHED of every UID that is not there.
   */
  vanishedSince(modSeq: ModSeq): Promise<readonly Uid[] | undefined>
  /** The conversations that messages belong to (RFC 8474 §5.2): the same numbers in all mailboxes of the account, for good. */
  threadIds(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, number>>
  /** When messages came into this mailbox (RFC 8514 §1); those that are not there are missing. */
  savedAt(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, Date>>
  /** The asked facts, in the order of `uids`, read in blocks. Unknown UIDs are skipped. */
  facts<Field extends keyof StoredFacts>(
    uids: readonly Uid[],
    fields: readonly Field[],
  ): AsyncIterable<FactsOf<Field>>
  /**
   * Asks the search index about folded texts. It only narrows: what it does not know is to be looked at. Undefined: nothing
   * of this mailbox is indexed.
   */
  lookUp(terms: readonly SearchTerm[]): Promise<SearchLookup | undefined>
  /** The same in pages, without an object for each message. */
  factPages<Field extends keyof StoredFacts>(
    uids: Uids,
    fields: readonly Field[],
  ): AsyncIterable<FactsPage<Field>>
  /** Prefix and content, or the part [start, end) of it. Undefined: no such message. */
  octets(
    uid: Uid,
    range?: { readonly start: number; readonly end: number },
  ): Promise<Buffer | undefined>
  /** The same in pieces of at most 256 KiB, with back-pressure. */
  stream(uid: Uid, range?: { readonly start: number; readonly end: number }): AsyncIterable<Buffer>
  /**
   * Whole messages in the order of `uids`, read ahead within a bound of bytes. Unknown UIDs are skipped. Octets are valid until
   * the next message is asked for: copy what is to be kept.
   */
  bodies(uids: readonly Uid[]): AsyncIterable<{ readonly uid: Uid; readonly octets: Buffer }>
  /** For the trace: this message's text goes to a client, over this protocol. Costs nothing now, and is written later. */
  noteFetched(uid: Uid, by: FetchedBy): void
  /** For a client that fetches whole messages one after another. Forget it before closing. */
  readAhead(): ReadAhead
  /** Lets go. Safe to call twice. */
  close(): void
}

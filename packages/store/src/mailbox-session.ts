import type { AppendRequest, AppendResult } from './delivery.ts'
import { verdictOfKeywords } from './filter-training-writes.ts'
import type { FactsReader, WantedFacts } from './facts-reader.ts'
import { FetchNotes, type FetchedBy, type FetchJournal } from './fetch-journal.ts'
import { deletedBit } from './flags.ts'
import {
  modSeq as toModSeq,
  uid as toUid,
  type AccountId,
  type MailboxId,
  type ModSeq,
  type Uid,
} from './ids.ts'
import type { MailboxTransfers } from './mailbox-transfers.ts'
import type { MailboxView } from './mailbox-view.ts'
import type { MessageReader } from './message-reader.ts'
import type {
  Change,
  CopyOutcome,
  FactsOf,
  FactsPage,
  FlagOperation,
  MessageRow,
  OpenMailbox,
  ReadAhead,
  ReplaceOutcome,
  StoreOutcome,
  StoredFacts,
  Uids,
  RecentRange,
} from './open-mailbox.ts'
import { planExpunge } from './plan-expunge.ts'
import type { SearchTerm } from './search-fields.ts'
import type { SearchLookup } from './search-lookup.ts'
import { SessionPosition } from './session-position.ts'
import { MailboxGone, type SharedMailbox } from './shared-mailbox.ts'
import { StoreUnavailable } from './unavailable.ts'

/** What a session needs of the rest of the store. */
export interface SessionServices {
  readonly messages: MessageReader
  readonly fetches: FetchJournal
  readonly facts: FactsReader
  threadIds(account: AccountId, wanted: readonly MessageRow[]): Promise<ReadonlyMap<Uid, number>>
  readonly transfers: MailboxTransfers
  append(account: AccountId, mailbox: MailboxId, request: AppendRequest): Promise<AppendResult>
  replace(
    source: SharedMailbox,
    replaced: Uid,
    target: MailboxId,
    request: AppendRequest,
  ): Promise<ReplaceOutcome>
  vanishedSince(
    account: AccountId,
    mailbox: MailboxId,
    modSeq: ModSeq,
  ): Promise<readonly Uid[] | undefined>
  /** Notes, beside the answer, that a client calls these spam or not. */
  learnFrom(account: AccountId, messageIds: readonly number[], isSpam: boolean): void
  savedAt(
    account: AccountId,
    mailbox: MailboxId,
    uids: readonly Uid[],
  ): Promise<ReadonlyMap<Uid, Date>>
  lookUp(
    account: AccountId,
    mailbox: MailboxId,
    terms: readonly SearchTerm[],
  ): Promise<SearchLookup | undefined>
}

/** A session's hold on a mailbox. */
export class MailboxSession implements OpenMailbox {
  readonly isReadOnly: boolean
  readonly #shared: SharedMailbox
  readonly #services: SessionServices
  readonly #position: SessionPosition
  readonly #release: () => void
  #fetched: FetchNotes | undefined
  #isClosed = false

  /** `release` is called once, at close. */
  constructor(
    shared: SharedMailbox,
    services: SessionServices,
    isReadOnly: boolean,
    release: () => void,
  ) {
    this.isReadOnly = isReadOnly
    this.#shared = shared
    this.#services = services
    this.#release = release
    this.#position = new SessionPosition(shared, isReadOnly)
    shared.attach(this.#position)
  }

  /** Counts everything as told that the state has now. */
  begin(): void {
    this.#position.begin()
  }

  get account(): AccountId {
    return this.#shared.account
  }
  get mailbox(): MailboxId {
    return this.#shared.mailbox
  }
  get state(): MailboxView {
    return this.#shared.wantedView
  }
  get isGone(): boolean {
    return this.#shared.isGone
  }
  get toldModSeq(): ModSeq {
    return toModSeq(this.#position.told)
  }
  get keywords(): readonly string[] {
    return this.#shared.keywords.names
  }

  flagNames(flags: number): readonly string[] {
    return this.#shared.keywords.spell(flags)
  }

  flagTest(name: string): (flags: number) => boolean {
    return this.#shared.keywords.test(name)
  }

  isRecent(uid: Uid): boolean {
    return this.#position.isRecent(uid)
  }

  get recentRanges(): readonly RecentRange[] {
    return this.#position.recentRanges
  }

  row(uid: Uid): MessageRow | undefined {
    const { wantedView: state } = this.#shared
    const index = state.indexOf(uid)
    if (index === -1) return this.#position.ghost(uid)
    return {
      uid,
      flags: state.flagsAt(index),
      modSeq: state.modSeqAt(index),
      messageId: state.messageIdAt(index),
      size: state.sizeAt(index),
      received: state.receivedAt(index),
      isGhost: false,
    }
  }

  onChange(listener: () => void): void {
    this.#position.onChange(listener)
  }

  changes(options: { readonly keepExpunged?: boolean } = {}): readonly Change[] {
    return this.#position.changes(options.keepExpunged === true)
  }

  refresh(): Promise<void> {
    return this.#shared.refresh()
  }

  async setFlags(
    uids: Uids,
    operation: FlagOperation,
    options: { readonly unchangedSince?: ModSeq } = {},
  ): Promise<StoreOutcome> {
    const { keywords, flags: queue } = this.#shared
    const bits =
      operation.op === 'remove'
        ? keywords.known(operation.flags)
        : await keywords.bits(operation.flags)
    if (bits === undefined) return { ok: false, reason: 'limit' }
    try {
      const request = { uids: ascending(uids), op: operation.op, bits, ...options }
      const { changed, modified, modSeq } = await queue.store(request)
      if (modSeq !== undefined) this.#position.addOwn(modSeq)
      this.#learnFrom(changed, operation)
      return { ok: true, changed, modified }
    } catch (error) {
      if (error instanceof MailboxGone) return { ok: false, reason: 'nonexistent' }
      throw error
    }
  }

  #learnFrom(changed: readonly Uid[], { op, flags }: FlagOperation): void {
    const isSpam = op === 'remove' ? undefined : verdictOfKeywords(flags)
    if (isSpam === undefined || changed.length === 0) return
    const { state } = this.#shared
    const { messageIds } = state.pick(state.indexesOf(Uint32Array.from(changed)))
    this.#services.learnFrom(this.account, Array.from(messageIds), isSpam)
  }

  async expunge(uids: Uids): Promise<readonly Uid[]> {
    const wanted = ascending(uids)
    let expunged: Uint32Array = new Uint32Array()
    try {
      await this.#shared.write((state) => {
        const plan = planExpunge(state, wanted)
        expunged = plan?.uids ?? new Uint32Array()
        return plan && { ...plan, told: [{ kind: 'expunged', uids: plan.uids }] }
      })
    } catch (error) {
      if (!(error instanceof MailboxGone)) throw error
      return []
    }
    return Array.from(expunged, toUid)
  }

  deletedUids(): readonly Uid[] {
    const { wantedView: state } = this.#shared
    if (state.deleted === 0) return []
    const uids: Uid[] = []
    for (let i = 0; i < state.size; i++) {
      if ((state.flagsAt(i) & deletedBit) !== 0) uids.push(state.uidAt(i))
    }
    return uids
  }

  copy(uids: Uids, target: MailboxId): Promise<CopyOutcome> {
    return this.#services.transfers.copy(this.#shared, ascending(uids), target)
  }

  move(uids: Uids, target: MailboxId): Promise<CopyOutcome> {
    return this.#services.transfers.move(this.#shared, ascending(uids), target)
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const result = await this.#services.append(this.account, this.mailbox, request)
    if (result.ok) await this.refresh().catch(unlessAway)
    return result
  }

  replace(replaced: Uid, target: MailboxId, request: AppendRequest): Promise<ReplaceOutcome> {
    return this.#services.replace(this.#shared, replaced, target, request)
  }

  vanishedSince(modSeq: ModSeq): Promise<readonly Uid[] | undefined> {
    return this.#services.vanishedSince(this.account, this.mailbox, modSeq)
  }

  threadIds(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, number>> {
    return this.#services.threadIds(this.account, this.#rows(uids))
  }

  savedAt(uids: readonly Uid[]): Promise<ReadonlyMap<Uid, Date>> {
    return this.#services.savedAt(this.account, this.mailbox, uids)
  }

  facts<Field extends keyof StoredFacts>(
    uids: readonly Uid[],
    fields: readonly Field[],
  ): AsyncIterable<FactsOf<Field>> {
    return this.#services.facts.read(this.account, this.mailbox, this.#rows(uids), fields)
  }

  lookUp(terms: readonly SearchTerm[]): Promise<SearchLookup | undefined> {
    return this.#services.lookUp(this.account, this.mailbox, terms)
  }

  factPages<Field extends keyof StoredFacts>(
    uids: Uids,
    fields: readonly Field[],
  ): AsyncIterable<FactsPage<Field>> {
    return this.#services.facts.pages(this.account, this.mailbox, this.#wanted(uids), fields)
  }

  noteFetched(uid: Uid, by: FetchedBy): void {
    this.#fetched ??= new FetchNotes(this.account, this.mailbox, this.#services.fetches)
    this.#fetched.add(uid, by)
  }

  async octets(
    uid: Uid,
    range?: { readonly start: number; readonly end: number },
  ): Promise<Buffer | undefined> {
    const row = this.row(uid)
    if (row === undefined) return undefined
    const { messages } = this.#services
    return messages.octets(this.account, row.messageId, range?.start, range?.end)
  }

  async *stream(
    uid: Uid,
    range?: { readonly start: number; readonly end: number },
  ): AsyncGenerator<Buffer> {
    const row = this.row(uid)
    if (row !== undefined) yield* this.#services.messages.stream(this.account, row.messageId, range)
  }

  async *bodies(
    uids: readonly Uid[],
  ): AsyncGenerator<{ readonly uid: Uid; readonly octets: Buffer }> {
    const bodies = this.#services.messages.bodies(this.account, this.#rows(uids))
    for await (const { wanted, octets } of bodies) yield { uid: wanted.uid, octets }
  }

  readAhead(): ReadAhead {
    const ahead = this.#services.messages.readAhead<MessageRow>(this.account)
    return {
      read: async (uid, following) => {
        const row = this.row(uid)
        if (row === undefined) return undefined
        return ahead.read(row, following && ((after) => this.#eachRow(following(after.uid))))
      },
      forget: () => ahead.forget(),
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#shared.detach(this.#position)
    if (this.#fetched !== undefined) this.#services.fetches.take(this.#fetched)
    this.#release()
  }

  /** What is needed to find facts, with one look-up for a run of neighbours. */
  #wanted(uids: Uids): readonly WantedFacts[] {
    const { state } = this.#shared
    const wanted: WantedFacts[] = []
    let next = 0
    for (const one of uids) {
      const uid = toUid(one)
      const isNext = next < state.size && state.uidAt(next) === uid
      const index = isNext ? next : state.indexOf(uid)
      next = index + 1
      const messageId = index < 0 ? this.row(uid)?.messageId : state.messageIdAt(index)
      if (messageId !== undefined) wanted.push({ uid, messageId })
    }
    return wanted
  }

  #rows(uids: readonly Uid[]): readonly MessageRow[] {
    return uids.flatMap((uid) => this.row(uid) ?? [])
  }

  *#eachRow(uids: Iterable<Uid>): Generator<MessageRow> {
    for (const uid of uids) {
      const row = this.row(uid)
      if (row !== undefined) yield row
    }
  }
}

/** In ascending order, each once. */
function ascending(uids: Uids): Uint32Array {
  const column = uids instanceof Uint32Array ? uids : Uint32Array.from(uids)
  if (column.every((uid, i) => i === 0 || uid > (column[i - 1] ?? 0))) return column
  const sorted = column.toSorted()
  return sorted.filter((uid, i) => i === 0 || uid !== sorted[i - 1])
}

/** What is committed is acknowledged: where it cannot be read yet, the next refresh reads it. */
function unlessAway(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}

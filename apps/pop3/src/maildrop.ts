import {
  uid as toUid,
  type AccountId,
  type AccountSettings,
  type OpenMailbox,
  type ReadAhead,
  type Store,
  type Uid,
} from '@posthouse/store'
import { limits } from './limits.ts'
import type { ListingLines } from './listing-lines.ts'
import { uniqueId, writeUniqueId } from './unique-id.ts'
import { hiddenKeyword, update, type UpdateOutcome } from './update-state.ts'

/** One message of the snapshot. */
export interface MaildropMessage {
  /** Message number, 1 to n, as long as the session lasts. */
  readonly number: number
  readonly uid: Uid
  /** Octets that RETR sends, before stuffing. */
  readonly size: number
}

/** What a message number stands for. */
export type Found =
  | { readonly kind: 'message'; readonly message: MaildropMessage }
  | { readonly kind: 'none' }
  | { readonly kind: 'deleted' }

/**
 * INBOX as it was at sign-in (RFC 1939 §4, §5). Numbers and sizes stand still until the session
 * ends, whatever other sessions deliver or expunge; what they expunge is still served. Messages
 * marked here are removed by `update`, and by nothing else.
 */
export class Maildrop {
  readonly #store: Store
  readonly #view: OpenMailbox
  readonly #settings: AccountSettings
  readonly #uidValidity: number
  readonly #uids: Uint32Array
  readonly #sizes: Uint32Array
  readonly #deleted = new Set<number>()
  readonly #fetched = new Set<number>()
  readonly #readAhead: ReadAhead
  readonly #totalBytes: number
  #deletedBytes = 0
  #expected = 1

  private constructor(store: Store, view: OpenMailbox, settings: AccountSettings) {
    const { state } = view
    this.#store = store
    this.#view = view
    this.#settings = settings
    this.#uidValidity = state.uidValidity
    const { uids, sizes } = snapshotOf(view, settings)
    this.#uids = uids
    this.#sizes = sizes
    this.#totalBytes = this.#sizes.reduce((sum, size) => sum + size, 0)
    this.#readAhead = view.readAhead()
  }

  /** The account's INBOX. Undefined when the account has just been removed. */
  static async open(
    store: Store,
    account: AccountId,
    settings: AccountSettings,
  ): Promise<Maildrop | undefined> {
    const inbox = await store.mailboxes(account).find('INBOX')
    // Read-only, so that \Recent is left to IMAP clients.
    const view = inbox && (await store.open(account, inbox.id, { readOnly: true }))
    return view && new Maildrop(store, view, settings)
  }

  /** Messages that are not marked. */
  get count(): number {
    return this.#uids.length - this.#deleted.size
  }

  /** Their octets. */
  get bytes(): number {
    return this.#totalBytes - this.#deletedBytes
  }

  /** Messages that are not marked, in order. */
  *remaining(): Generator<MaildropMessage> {
    for (let number = 1; number <= this.#uids.length; number++) {
      if (!this.#deleted.has(number)) yield this.#message(number)
    }
  }

  /** What UIDL says of the message. */
  uniqueId({ uid }: MaildropMessage): string {
    return uniqueId(this.#settings['pop3.uidl'], this.#uidValidity, uid)
  }

  /** The same, into a list. */
  writeUniqueId(lines: ListingLines, { uid }: MaildropMessage): void {
    writeUniqueId(lines, this.#settings['pop3.uidl'], this.#uidValidity, uid)
  }

  find(number: number): Found {
    if (number < 1 || number > this.#uids.length) return { kind: 'none' }
    if (this.#deleted.has(number)) return { kind: 'deleted' }
    return { kind: 'message', message: this.#message(number) }
  }

  /** Marks a message. */
  delete({ number, size }: MaildropMessage): void {
    this.#deleted.add(number)
    this.#deletedBytes += size
  }

  /** Takes all marks away. */
  reset(): void {
    this.#deleted.clear()
    this.#deletedBytes = 0
  }

  /** Notes that the message is sent whole. */
  noteFetched({ number, uid }: MaildropMessage): void {
    this.#fetched.add(number)
    this.#view.noteFetched(uid, 'pop3')
  }

  /**
   * The message's octets, valid until the next call; undefined when they are gone for good. A long
   * message comes in pieces as they are read, so that it is never whole in memory.
   *
   * Clients read a maildrop from one end to the other: who reads the message after the last one (or
   * the first of all) is expected to go on.
   */
  async read({
    number,
    uid,
    size,
  }: MaildropMessage): Promise<Buffer | AsyncIterable<Buffer> | undefined> {
    const isInOrder = number === this.#expected
    this.#expected = this.#nextOf(number)
    if (size > limits.wholeBytes) {
      return this.#view.row(uid) === undefined ? undefined : this.#view.stream(uid)
    }
    if (!isInOrder) return this.#readAhead.read(uid)
    return this.#readAhead.read(uid, (after) => this.#following(this.#numberOf(after) + 1))
  }

  /** Messages marked by DELE. */
  get deletedCount(): number {
    return this.#deleted.size
  }

  /** The UPDATE state. Throws StoreUnavailable. */
  update(): Promise<UpdateOutcome> {
    const { account, mailbox } = this.#view
    const uidsOf = (numbers: Iterable<number>) =>
      Array.from(numbers, (number) => this.#message(number).uid)
    const [deleted, fetched] = [uidsOf(this.#deleted), uidsOf(this.#fetched)]
    return update(this.#store, this.#settings, { account, mailbox, deleted, fetched })
  }

  /** Lets go of the mailbox. */
  close(): void {
    this.#readAhead.forget()
    this.#view.close()
  }

  #message(number: number): MaildropMessage {
    const index = number - 1
    return { number, uid: toUid(this.#uids[index] ?? 0), size: this.#sizes[index] ?? 0 }
  }

  /** The message that comes next, if the client goes on. */
  #nextOf(number: number): number {
    let next = number + 1
    while (this.#deleted.has(next)) next++
    return next
  }

  /** UIDs stand in ascending order. */
  #numberOf(uid: Uid): number {
    let low = 0
    let high = this.#uids.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1
      else high = middle
    }
    return low + 1
  }

  *#following(first: number): Generator<Uid> {
    for (let number = first; number <= this.#uids.length; number++) {
      const { uid, size } = this.#message(number)
      if (!this.#deleted.has(number) && size <= limits.wholeBytes) yield uid
    }
  }
}

/** All messages but those that are hidden from POP3. */
function snapshotOf(
  view: OpenMailbox,
  settings: AccountSettings,
): { readonly uids: Uint32Array; readonly sizes: Uint32Array } {
  const { state } = view
  const isHidden = settings['pop3.delete'] === 'hide' ? view.flagTest(hiddenKeyword) : undefined
  const uids = new Uint32Array(state.size)
  const sizes = new Uint32Array(state.size)
  let count = 0
  for (let index = 0; index < state.size; index++) {
    if (isHidden?.(state.flagsAt(index)) === true) continue
    uids[count] = state.uidAt(index)
    sizes[count] = state.sizeAt(index)
    count++
  }
  return { uids: uids.subarray(0, count), sizes: sizes.subarray(0, count) }
}

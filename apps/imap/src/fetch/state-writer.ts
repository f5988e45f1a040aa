import { emailIdText } from '@posthouse/mailbox-search'
import type { MailboxView, MessageRow, Uid } from '@posthouse/store'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { Octets } from '../session/octets.ts'
import type { StateItem } from './fetch-plan.ts'
import { writeInternalDate } from './internal-date.ts'

/** What memory knows of a message. */
export type MessageState = Pick<
  MessageRow,
  'uid' | 'flags' | 'size' | 'received' | 'modSeq' | 'messageId'
>

/** Reads messages of a state one after the other, without an object for each. Valid until the next `await`. */
export class StateCursor implements MessageState {
  readonly #state: MailboxView
  index = -1

  constructor(state: MailboxView) {
    this.#state = state
  }

  /** Goes to a message; most often it is the next one. False where the mailbox has it no more. */
  moveTo(uid: Uid): boolean {
    const state = this.#state
    const next = this.index + 1
    this.index = next < state.size && state.uidAt(next) === uid ? next : state.indexOf(uid)
    return this.index >= 0
  }

  get uid() {
    return this.#state.uidAt(this.index)
  }
  get flags() {
    return this.#state.flagsAt(this.index)
  }
  get size() {
    return this.#state.sizeAt(this.index)
  }
  get received() {
    return this.#state.receivedAt(this.index)
  }
  get modSeq() {
    return this.#state.modSeqAt(this.index)
  }
  get messageId() {
    return this.#state.messageIdAt(this.index)
  }
}

/**
 * Writes what memory answers of messages in FETCH responses (RFC 3501 §7.4.2), octet by octet: a client asks for 50,000 of
 * them at once.
 */
export class StateWriter {
  readonly #mailbox: SelectedMailbox
  readonly #out: Octets

  constructor(mailbox: SelectedMailbox, out: Octets) {
    this.#mailbox = mailbox
    this.#out = out
  }

  /** A whole response. */
  response(seq: number, items: readonly StateItem[], message: MessageState): void {
    this.open(seq)
    for (let i = 0; i < items.length; i += 1) {
      if (i > 0) this.#out.octets(space)
      this.item(items[i] ?? 'UID', message)
    }
    this.close()
  }

  /** What stands before the items; and before that, keywords that another session has made up meanwhile. */
  open(seq: number): void {
    this.#mailbox.tellKeywords(this.#out)
    this.#out.octets(star).uint(seq).octets(fetchOpen)
  }

  /** What stands behind them. */
  close(): void {
    this.#out.octets(closing)
  }

  /** One item, name and value. */
  item(item: StateItem, message: MessageState): void {
    const out = this.#out.octets(heads[item])
    switch (item) {
      case 'UID':
        out.uint(message.uid)
        break
      case 'FLAGS':
        this.#flags(message)
        break
      case 'INTERNALDATE':
        writeInternalDate(out, message.received)
        break
      case 'MODSEQ':
        out.uint(message.modSeq).octets(parenthesis)
        break
      case 'EMAILID':
        out.ascii(emailIdText(message.messageId)).octets(parenthesis)
        break
      case 'RFC822.SIZE':
        out.uint(message.size)
        break
    }
  }

  #flags({ flags, uid }: MessageState): void {
    this.#out.octets(this.#mailbox.flags.list(flags, this.#mailbox.open.isRecent(uid)))
  }
}

const star = Buffer.from('* ')
const fetchOpen = Buffer.from(' FETCH (')
const space = Buffer.from(' ')
const parenthesis = Buffer.from(')')
const closing = Buffer.from(')\r\n')

/** What stands before each item's value. */
const heads: Readonly<Record<StateItem, Buffer>> = {
  UID: Buffer.from('UID '),
  FLAGS: Buffer.from('FLAGS '),
  INTERNALDATE: Buffer.from('INTERNALDATE '),
  'RFC822.SIZE': Buffer.from('RFC822.SIZE '),
  MODSEQ: Buffer.from('MODSEQ ('),
  EMAILID: Buffer.from('EMAILID ('),
}

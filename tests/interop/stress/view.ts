import assert from 'node:assert/strict'
import { textOf, wordsOf } from './datum.ts'
import type { FetchResponse, Response } from './response.ts'
import { messageOf, type MailboxTruth } from './truth.ts'

/** One message as a session knows it. */
export interface Known {
  /** 0 until it was told. */
  uid: number
  /** Sorted, without \Recent. */
  flags: string | undefined
  modSeq: number
}

/** What a session has turned on. */
export type Awareness = 'plain' | 'condstore' | 'qresync'

/** What the command at work allows the server to say. */
export interface Allowance {
  /** Sequence numbers hold still (RFC 3501 §7.4.1). */
  readonly holds: boolean
  /** VANISHED (EARLIER) was asked for (RFC 7162 §3.2.10.1). */
  readonly tellsEarlier: boolean
}

/** How a session opened the mailbox. */
export interface Opening {
  readonly truth: MailboxTruth
  readonly awareness: Awareness
  readonly isReadOnly: boolean
  /** This session, and this opening of it. */
  readonly name: string
}

/** What one session believes of its mailbox, from untagged responses alone. Whatever contradicts it is a mistake. */
export class View {
  readonly opening: Opening
  readonly messages: Known[] = []
  /** Up to here the session knows everything (RFC 7162 §6). */
  known = 0
  /** Messages with news that was kept back: they must be gone. */
  doubtful: number[] = []
  /** UIDs that VANISHED (EARLIER) told. */
  readonly vanishedEarlier = new Set<number>()
  readonly #gone = new Set<number>()
  readonly #keywords = new Set<string>()
  #codeSince = 0
  /** UIDNEXT when it was opened, and how many messages there were. */
  #uidNext = 0
  #size = 0

  constructor(opening: Opening) {
    this.opening = opening
  }

  get size(): number {
    return this.messages.length
  }

  /** UIDs that are known, ascending. */
  get uids(): readonly number[] {
    return this.messages.map(({ uid }) => uid).filter((uid) => uid > 0)
  }

  /** Number of the first message whose UID is not known; 0 if there is none. */
  get firstUnknown(): number {
    return this.messages.findIndex(({ uid }) => uid === 0) + 1
  }

  /** The mailbox is open: UIDs from here on belong to what comes (RFC 3501 §2.3.1.1). */
  opened(uidNext: number): void {
    this.#uidNext = uidNext
    this.#size = this.size
  }

  /** Takes an untagged response. */
  take(response: Response, allowance: Allowance): void {
    switch (response.kind) {
      case 'exists':
        return this.#grow(response.number)
      case 'recent':
        return assert.ok(response.number <= this.size, `RECENT ${response.number} of ${this.size}`)
      case 'expunge':
        return this.#expunge(response.number, allowance)
      case 'vanished':
        return this.#vanished(response.uids, response.isEarlier, allowance)
      case 'flags':
        for (const flag of response.flags) this.#keywords.add(flag)
        return undefined
      case 'fetch':
        return this.#fetched(response)
      case 'condition':
        if (response.code === 'HIGHESTMODSEQ') this.#codeSince = Number(response.value)
        return undefined
      default:
        return undefined
    }
  }

  /** A command is over; only now does HIGHESTMODSEQ count (RFC 7162 §6). */
  conclude(code: string, value: string): void {
    if (code === 'HIGHESTMODSEQ') this.#codeSince = Number(value)
    if (this.#codeSince > 0) this.known = this.#codeSince
    this.#codeSince = 0
  }

  /** UIDs that this session was told to be gone. */
  hasGone(uid: number): boolean {
    return this.#gone.has(uid)
  }

  #grow(size: number): void {
    assert.ok(size >= this.size, `EXISTS ${size} after ${this.size}`)
    while (this.size < size) this.messages.push({ uid: 0, flags: undefined, modSeq: 0 })
    this.opening.truth.size = size
  }

  #expunge(number: number, { holds }: Allowance): void {
    assert.notEqual(this.opening.awareness, 'qresync', 'EXPUNGE after ENABLE QRESYNC')
    assert.ok(!holds, 'EXPUNGE where numbers hold still')
    assert.ok(number >= 1 && number <= this.size, `EXPUNGE ${number} of ${this.size}`)
    this.#remove(number - 1)
  }

  #vanished(uids: readonly number[], isEarlier: boolean, { holds, tellsEarlier }: Allowance): void {
    assert.equal(this.opening.awareness, 'qresync', 'VANISHED without ENABLE QRESYNC')
    if (isEarlier) {
      assert.ok(tellsEarlier, 'VANISHED (EARLIER), which nobody asked for')
      for (const uid of uids) {
        assert.ok(!this.uids.includes(uid), `UID ${uid} is here, and vanished earlier`)
        this.vanishedEarlier.add(uid)
        // It may name UIDs that nobody ever had.
        if (this.opening.truth.wordOf(uid) !== undefined) this.opening.truth.died(uid)
      }
      return
    }
    assert.ok(!holds, 'VANISHED where numbers hold still')
    for (const uid of uids) this.#vanish(uid)
  }

  #vanish(uid: number): void {
    const at = this.messages.findIndex((one) => one.uid === uid)
    // One that nothing is known of stands behind the last known UID below it.
    const below = this.messages.findLastIndex((one) => one.uid > 0 && one.uid < uid)
    const gone = at === -1 ? this.messages.findIndex((one, i) => i > below && one.uid === 0) : at
    assert.ok(gone !== -1, `UID ${uid} vanished, which is not among these messages`)
    this.#remove(gone, uid)
  }

  #remove(at: number, uid = this.messages[at]?.uid ?? 0): void {
    this.messages.splice(at, 1)
    this.opening.truth.size = this.size
    if (at < this.#size) this.#size -= 1
    if (uid === 0) return
    this.#gone.add(uid)
    this.opening.truth.died(uid)
  }

  #fetched({ number, items }: FetchResponse): void {
    const known = this.messages[number - 1]
    assert.ok(known !== undefined, `FETCH of ${number} where ${this.size} exist`)
    if (items.has('UID')) this.#bind(number, Number(textOf(items.get('UID'))))
    const modSeq = items.has('MODSEQ') ? Number(wordsOf(items.get('MODSEQ'))[0]) : 0
    if (modSeq > 0)
      assert.notEqual(this.opening.awareness, 'plain', 'MODSEQ, which nobody asked for')
    assert.ok(modSeq === 0 || modSeq >= known.modSeq, `MODSEQ ${modSeq} after ${known.modSeq}`)
    if (items.has('FLAGS')) this.#flagged(known, wordsOf(items.get('FLAGS')), modSeq)
    else if (modSeq > known.modSeq) Object.assign(known, { modSeq, flags: undefined })
    if (known.uid > 0) this.#checkFacts(known.uid, items)
  }

  #bind(number: number, uid: number): void {
    const known = this.messages[number - 1]
    assert.ok(known !== undefined)
    assert.ok(!this.#gone.has(uid), `UID ${uid} is back`)
    assert.ok(known.uid === 0 || known.uid === uid, `number ${number}: UID ${known.uid}, ${uid}`)
    known.uid = uid
    const before = this.messages.slice(0, number - 1).findLast((one) => one.uid > 0)?.uid ?? 0
    const behind = this.messages.slice(number).find((one) => one.uid > 0)?.uid ?? Infinity
    assert.ok(before < uid && uid < behind, `UID ${uid} at ${number} between ${before}, ${behind}`)
    if (this.#uidNext > 0)
      assert.equal(
        number <= this.#size,
        uid < this.#uidNext,
        `UID ${uid}, UIDNEXT ${this.#uidNext}`,
      )
  }

  #flagged(known: Known, told: readonly string[], modSeq: number): void {
    const { truth, awareness, isReadOnly, name } = this.opening
    assert.equal(new Set(told).size, told.length, `a flag twice: ${told.join(' ')}`)
    for (const flag of told)
      assert.ok(flag.startsWith('\\') || this.#keywords.has(flag), `${flag} is not among FLAGS`)
    if (told.includes('\\Recent') && !isReadOnly && known.uid > 0)
      truth.claimRecent(known.uid, name)
    const flags = told
      .filter((flag) => flag !== '\\Recent')
      .toSorted()
      .join(' ')
    const isAware = awareness !== 'plain'
    assert.equal(modSeq > 0, isAware, `MODSEQ beside FLAGS: ${modSeq}`)
    if (isAware) {
      if (known.uid > 0) truth.sawFlags(known.uid, modSeq, flags)
      if (modSeq === known.modSeq && known.flags !== undefined)
        assert.equal(flags, known.flags, `flags of UID ${known.uid} at ${modSeq}`)
      const isLate = modSeq > known.modSeq && modSeq <= this.known && known.flags !== undefined
      if (isLate) this.doubtful.push(known.uid)
      known.modSeq = modSeq
    }
    known.flags = flags
  }

  #checkFacts(uid: number, items: FetchResponse['items']): void {
    const { truth } = this.opening
    const subject = items.get('BODY[HEADER.FIELDS (SUBJECT)]')
    const word = /^Subject: (\S+)\r\n\r\n$/.exec(subject === undefined ? '' : textOf(subject))?.[1]
    if (subject !== undefined) assert.ok(word !== undefined, `a subject: ${textOf(subject)}`)
    if (word !== undefined) truth.sawWord(uid, word)
    const known = truth.wordOf(uid)
    if (known === undefined) return
    const octets = messageOf(known)
    if (items.has('RFC822.SIZE'))
      assert.equal(Number(textOf(items.get('RFC822.SIZE'))), octets.length)
    if (items.has('BODY[]')) assert.equal(textOf(items.get('BODY[]')), octets, `UID ${uid}`)
  }
}

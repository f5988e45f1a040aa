import assert from 'node:assert/strict'

/**
 * What all sessions together have been told of one mailbox. No two of them may ever be told things that cannot both
 * be true.
 */
export class MailboxTruth {
  readonly name: string
  /** The lowest UID that was never told to be in use: UIDNEXT may not fall (RFC 3501 §2.3.1.1). */
  uidNext = 1
  highestModSeq = 0
  #uidValidity = 0
  /** How many messages there were when somebody was told last. */
  size = 0
  /** What each message is, by UID: the word in its subject. */
  readonly #words = new Map<number, string>()
  /** The flags of a message at a mod-sequence. */
  readonly #flags = new Map<number, Map<number, string>>()
  /** Who was told that a message is recent, with the right to be the only one (RFC 3501 §2.3.2). */
  readonly #recent = new Map<number, string>()
  /** UIDs that somebody was told to be gone, or that a command that took them away was acknowledged for. */
  readonly #dead = new Set<number>()
  /** UIDs that had, or may have had, \Deleted: anybody may expunge them. */
  readonly #deletable = new Set<number>()
  readonly #moved = new Set<number>()
  /** UIDs of messages that were acknowledged. */
  readonly #acknowledged = new Set<number>()

  constructor(name: string) {
    this.name = name
  }

  get uidValidity(): number {
    return this.#uidValidity
  }

  sawUidValidity(value: number): void {
    if (this.#uidValidity === 0) this.#uidValidity = value
    assert.equal(value, this.#uidValidity, `UIDVALIDITY of ${this.name}`)
  }

  /** A number that may not fall, told by a command that was sent when it stood at `least`. */
  sawUidNext(value: number, least: number): void {
    assert.ok(value >= least, `UIDNEXT ${value} of ${this.name}, which was ${least} before`)
    this.uidNext = Math.max(this.uidNext, value)
  }

  /** The same for HIGHESTMODSEQ. */
  sawHighestModSeq(value: number, least: number): void {
    assert.ok(value >= least, `HIGHESTMODSEQ ${value} of ${this.name}, which was ${least} before`)
    this.highestModSeq = Math.max(this.highestModSeq, value)
  }

  /** A session saw this message. A UID stands for one message for ever. */
  sawWord(uid: number, word: string): void {
    const known = this.#words.get(uid) ?? word
    assert.equal(word, known, `UID ${uid} of ${this.name} is another message`)
    this.#words.set(uid, word)
    this.uidNext = Math.max(this.uidNext, uid + 1)
  }

  wordOf(uid: number): string | undefined {
    return this.#words.get(uid)
  }

  /** A session was told flags with the mod-sequence at which they were set (RFC 7162 §3). */
  sawFlags(uid: number, modSeq: number, flags: string): void {
    const known = this.#flags.get(uid) ?? new Map<number, string>()
    this.#flags.set(uid, known)
    const same = known.get(modSeq) ?? flags
    assert.equal(flags, same, `flags of UID ${uid} of ${this.name} at ${modSeq}`)
    known.set(modSeq, flags)
    this.highestModSeq = Math.max(this.highestModSeq, modSeq)
  }

  /** A session that may change the mailbox was told \Recent. */
  claimRecent(uid: number, claimant: string): void {
    const known = this.#recent.get(uid) ?? claimant
    assert.equal(claimant, known, `UID ${uid} of ${this.name} is recent to two sessions`)
    this.#recent.set(uid, claimant)
  }

  /** APPENDUID or COPYUID told of a message, and the command was acknowledged. */
  acknowledged(uid: number, word: string, isDeletable: boolean): void {
    this.sawWord(uid, word)
    this.#acknowledged.add(uid)
    if (isDeletable) this.#deletable.add(uid)
  }

  died(uid: number): void {
    this.#dead.add(uid)
  }

  isDead(uid: number): boolean {
    return this.#dead.has(uid)
  }

  /** Before \Deleted is asked for. */
  mayBeDeleted(uids: Iterable<number>): void {
    for (const uid of uids) this.#deletable.add(uid)
  }

  /** Also of a message whose making was not acknowledged yet: nobody has said with what flags. */
  isDeletable(uid: number): boolean {
    return this.#deletable.has(uid) || !this.#acknowledged.has(uid)
  }

  /** Before they are moved. */
  mayBeMoved(uids: Iterable<number>): void {
    for (const uid of uids) this.#moved.add(uid)
  }

  /** The dead, as they stand now: what is selected from here on may have none of them. */
  get dead(): ReadonlySet<number> {
    return new Set(this.#dead)
  }

  /** Messages that were acknowledged and that nobody has tried to take away. */
  get lasting(): readonly number[] {
    return [...this.#acknowledged].filter((uid) => this.isLasting(uid))
  }

  isLasting(uid: number): boolean {
    return this.#acknowledged.has(uid) && !this.#deletable.has(uid) && !this.#moved.has(uid)
  }

  /**
   * Everything is quiet and these messages exist: nothing that was acknowledged is missing, nothing died for no
   * reason. Forgets what is not needed any more.
   */
  settle(uids: readonly number[]): void {
    const present = new Set(uids)
    for (const uid of this.lasting)
      assert.ok(present.has(uid), `UID ${uid} of ${this.name} is lost`)
    for (const uid of this.#dead) {
      assert.ok(!present.has(uid), `UID ${uid} of ${this.name} is back`)
      const hadReason = this.#deletable.has(uid) || this.#moved.has(uid)
      assert.ok(hadReason, `UID ${uid} of ${this.name} went, and nobody asked for it`)
    }
    for (const known of [this.#words, this.#flags, this.#recent])
      for (const uid of known.keys()) if (!present.has(uid)) known.delete(uid)
    for (const known of [this.#acknowledged, this.#deletable, this.#moved, this.#dead])
      for (const uid of known) if (!present.has(uid)) known.delete(uid)
    for (const flags of this.#flags.values()) {
      const last = Math.max(...flags.keys())
      for (const modSeq of flags.keys()) if (modSeq < last) flags.delete(modSeq)
    }
  }
}

/** The octets of a message that has this word in its subject; how long it is follows from the word. */
export function messageOf(word: string): string {
  const body = 'x'.repeat(Buffer.from(word).reduce((sum, octet) => (sum * 31 + octet) % 997, 7))
  return `Subject: ${word}\r\nMessage-ID: <${word}@stress.test>\r\n\r\n${body}\r\n`
}

import assert from 'node:assert/strict'

/** What a disconnected client keeps of one message. */
interface Kept {
  flags: string
  modSeq: number
}

/**
 * What a client that uses QRESYNC keeps of a mailbox over its connections, and how it learns from responses
 * (RFC 7162 §6). Whatever contradicts it, or was kept from it, is the server's mistake.
 */
export class ResyncCache {
  readonly messages = new Map<number, Kept>()
  uidValidity = 0
  highestModSeq = 0
  /** The view of this connection: UIDs by number, 0 where none was told. */
  #view: number[] = []
  #codeSince: number | undefined
  #itemsSince = 0

  get size(): number {
    return this.#view.length
  }

  /** The UIDs that are kept, ascending. */
  get uids(): readonly number[] {
    return [...this.messages.keys()].toSorted((a, b) => a - b)
  }

  /** Messages that have come and whose flags are not known yet. */
  get unknown(): number {
    return this.#view.filter((uid) => !this.messages.has(uid)).length
  }

  /** The mailbox is opened anew. */
  reset(): void {
    this.#view = []
    this.#codeSince = undefined
    this.#itemsSince = 0
  }

  /** Takes an untagged response. `mayVanish`: the command in progress allows it (RFC 7162 §3.2.10.2). */
  take(line: string, mayVanish: boolean): void {
    const [, number = '', what = '', rest = ''] = /^\* (\d+) (\w+) ?(.*)$/s.exec(line) ?? []
    if (what === 'EXISTS') this.#grow(Number(number))
    else if (what === 'FETCH') this.#fetched(Number(number), rest)
    assert.notEqual(what, 'EXPUNGE', 'EXPUNGE after ENABLE QRESYNC')
    const vanished = /^\* VANISHED (\(EARLIER\) )?(.+)$/.exec(line)
    if (vanished?.[2] !== undefined) {
      assert.ok(vanished[1] !== undefined || mayVanish, `where numbers must hold still: ${line}`)
      for (const uid of expand(vanished[2])) this.#vanish(uid, vanished[1] !== undefined)
    }
    this.takeCode(line)
  }

  /** Takes the response codes of a status response. */
  takeCode(line: string): void {
    const modSeq = /^\S+ OK \[HIGHESTMODSEQ (\d+)\]/.exec(line)?.[1]
    if (modSeq !== undefined) this.#codeSince = Number(modSeq)
    const validity = /^\* OK \[UIDVALIDITY (\d+)\]/.exec(line)?.[1]
    if (validity !== undefined) this.uidValidity = Number(validity)
  }

  /** A command is over: now, and no sooner, the client knows up to where it knows everything (RFC 7162 §6). */
  conclude(): void {
    if (this.#codeSince !== undefined) this.highestModSeq = this.#codeSince
    else this.highestModSeq = Math.max(this.highestModSeq, this.#itemsSince)
    this.#codeSince = undefined
    this.#itemsSince = 0
  }

  /**
   * What the server says now of a message. False where it has changed since, at or below the mod-sequence up to which
   * the client knows everything: that was kept from it.
   */
  check(uid: number, flags: string, modSeq: number, known: number): boolean {
    const kept = this.messages.get(uid)
    assert.ok(kept !== undefined, `UID ${uid} was never told`)
    if (modSeq > kept.modSeq) return modSeq > known
    assert.equal(flags, kept.flags, `flags of UID ${uid} at ${modSeq}`)
    return true
  }

  #grow(size: number): void {
    assert.ok(size >= this.size, `EXISTS ${size} after ${this.size} without VANISHED`)
    while (this.size < size) this.#view.push(0)
  }

  #fetched(number: number, text: string): void {
    assert.ok(number >= 1 && number <= this.size, `FETCH of ${number} where ${this.size} exist`)
    const uid = Number(/\bUID (\d+)/.exec(text)?.[1] ?? this.#view[number - 1])
    const modSeq = Number(/\bMODSEQ \((\d+)\)/.exec(text)?.[1] ?? 0)
    const flags = /FLAGS \(([^)]*)\)/.exec(text)?.[1]
    this.#itemsSince = Math.max(this.#itemsSince, modSeq)
    if (uid === 0) return
    const before = this.#view[number - 1] ?? 0
    assert.ok(before === 0 || before === uid, `number ${number} was UID ${before}: ${text}`)
    this.#view[number - 1] = uid
    // A mod-sequence alone is no news of the flags that belong to it.
    if (flags === undefined) return
    const since = this.messages.get(uid)?.modSeq ?? 0
    this.messages.set(uid, { flags: sortedFlags(flags), modSeq: Math.max(since, modSeq) })
  }

  #vanish(uid: number, isEarlier: boolean): void {
    this.messages.delete(uid)
    const at = this.#view.indexOf(uid)
    if (isEarlier)
      return assert.equal(at, -1, `UID ${uid} was said to be there, and to have gone earlier`)
    // One that nothing is known of stands behind the last known UID below it.
    const gone =
      at === -1
        ? this.#view.indexOf(0, this.#view.findLastIndex((one) => one > 0 && one < uid) + 1)
        : at
    assert.ok(gone !== -1, `UID ${uid} vanished, which this client does not count`)
    this.#view.splice(gone, 1)
  }
}

/** Flags as they are compared: \Recent is the session's. */
export function sortedFlags(text: string): string {
  return text
    .split(' ')
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .toSorted()
    .join(' ')
}

/** The numbers of a set without `*`. */
function expand(set: string): number[] {
  return set.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split(':').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

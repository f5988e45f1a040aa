import assert from 'node:assert/strict'

/** One message as a client knows it. */
interface Known {
  /** 0 until the client was told. */
  uid: number
  flags: string | undefined
}

/**
 * What a client believes about its mailbox, built from untagged responses alone (RFC 3501 §7.3, §7.4).
 * Whatever contradicts it is the server's mistake.
 */
export class ClientView {
  #messages: Known[] = []

  get size(): number {
    return this.#messages.length
  }

  get uids(): readonly number[] {
    return this.#messages.map(({ uid }) => uid)
  }

  /** Flags by UID, as far as they were told. */
  get flags(): ReadonlyMap<number, string | undefined> {
    return new Map(this.#messages.map(({ uid, flags }) => [uid, flags]))
  }

  /** A mailbox was opened. */
  reset(): void {
    this.#messages = []
  }

  /** Takes one untagged response; `mayExpunge`: the command in progress allows EXPUNGE (§7.4.1). */
  take(line: string, mayExpunge: boolean): void {
    const [, number = '', what = '', rest = ''] = /^\* (\d+) (\w+) ?(.*)$/.exec(line) ?? []
    const n = Number(number)
    if (what === 'EXISTS') this.#grow(n)
    else if (what === 'EXPUNGE') {
      assert.ok(mayExpunge, `EXPUNGE where numbers must hold still: ${line}`)
      assert.ok(n >= 1 && n <= this.size, `EXPUNGE beyond ${this.size}: ${line}`)
      this.#messages.splice(n - 1, 1)
    } else if (what === 'FETCH') this.#fetched(n, rest)
  }

  #grow(size: number): void {
    assert.ok(size >= this.size, `EXISTS ${size} after ${this.size} without EXPUNGE`)
    while (this.size < size) this.#messages.push({ uid: 0, flags: undefined })
  }

  #fetched(n: number, text: string): void {
    const known = this.#messages[n - 1]
    assert.ok(known !== undefined, `FETCH of ${n} where ${this.size} exist`)
    const uid = Number(/\bUID (\d+)/.exec(text)?.[1] ?? 0)
    if (uid > 0) {
      assert.ok(known.uid === 0 || known.uid === uid, `number ${n} was UID ${known.uid}: ${text}`)
      known.uid = uid
      const before = this.#messages[n - 2]?.uid ?? 0
      assert.ok(before < uid, `UID ${uid} at ${n} after ${before}`)
    }
    const flags = /FLAGS \(([^)]*)\)/.exec(text)?.[1]
    if (flags !== undefined) known.flags = withoutRecent(flags)
  }
}

function withoutRecent(flags: string): string {
  return flags
    .split(' ')
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .toSorted()
    .join(' ')
}

import { createHash, type Hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

/** Octets that are worked on before others get their turn: about a millisecond. */
const sliceBytes = 256 * 1024

/** A body's `bh=` with SHA-256, relaxed; undefined for one that has a CR or LF by itself, which no signature outlives. */
export async function relaxedDigest(body: Buffer): Promise<string | undefined> {
  const state = new RelaxedHash(body)
  for (let start = 0; start < body.length; start += sliceBytes) {
    if (start > 0) await setImmediate()
    if (!state.take(start, Math.min(body.length, start + sliceBytes))) return undefined
  }
  return state.digest()
}

/**
 * Hashes a body in its relaxed form (RFC 6376 §3.4.4) as it goes, without a copy of it. Line ends and white space are held back
 * until something follows: at the end of lines and of the body they do not count.
 */
class RelaxedHash {
  readonly #body: Buffer
  readonly #hash: Hash = createHash('sha256')
  readonly #out: Buffer
  #length = 0
  #lineEnds = 0
  #isBlank = false
  #hasContent = false

  constructor(body: Buffer) {
    this.#body = body
    this.#out = Buffer.allocUnsafe(Math.min(body.length, sliceBytes) + room)
  }

  /** False where a line end is no CRLF. A CRLF belongs to the slice with its CR, its LF is passed over in the next. */
  take(start: number, end: number): boolean {
    const body = this.#body
    for (let at = start; at < end; at += 1) {
      const octet = body[at] ?? 0
      if (octet === SPACE || octet === TAB) this.#isBlank = true
      else if (octet === CR) {
        if (body[at + 1] !== LF) return false
        this.#lineEnds += 1
        this.#isBlank = false
      } else if (octet === LF) {
        if (at === 0 || body[at - 1] !== CR) return false
      } else this.#content(octet)
    }
    this.#write()
    return true
  }

  /** With the CRLF that ends the last line, unless there is none at all. */
  digest(): string {
    this.#write()
    if (this.#hasContent) this.#hash.update('\r\n')
    return this.#hash.digest('base64')
  }

  #content(octet: number): void {
    const out = this.#out
    while (this.#lineEnds > 0) {
      if (this.#length + room > out.length) this.#write()
      out[this.#length++] = CR
      out[this.#length++] = LF
      this.#lineEnds -= 1
    }
    if (this.#length + room > out.length) this.#write()
    if (this.#isBlank) out[this.#length++] = SPACE
    out[this.#length++] = octet
    this.#isBlank = false
    this.#hasContent = true
  }

  #write(): void {
    this.#hash.update(this.#out.subarray(0, this.#length))
    this.#length = 0
  }
}

/** What one octet of a body comes to at most. */
const room = 4
const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32

import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Canonicalization } from './canonical-header.ts'

/** Octets that are worked on before other sessions get their turn: about a millisecond. */
const sliceBytes = 512 * 1024

/**
 * The canonical body without its last CRLF, and whether it ends in one (RFC 6376 §3.4.3, §3.4.4): the empty body is CRLF when
 * simple, and nothing when relaxed.
 */
export interface CanonicalBody {
  readonly content: Buffer
  readonly hasEnd: boolean
  readonly length: number
}

/** The hash of a body, `bh=`, and what `l=` leaves unsigned. */
export interface BodyHash {
  readonly digest: string
  readonly length: number
}

/** A message's body in its canonical forms and their hashes, each made once, when first asked for. */
export class BodyHasher {
  readonly #body: Buffer
  readonly #bodies = new Map<Canonicalization, Promise<CanonicalBody>>()
  readonly #hashes = new Map<string, Promise<string>>()

  constructor(body: Buffer) {
    this.#body = body
  }

  /** SHA-256, base64, of the first `limit` octets of the canonical body, or of all of it; and how long it is. */
  async hash(canonicalization: Canonicalization, limit: number | undefined): Promise<BodyHash> {
    const body = await this.#canonical(canonicalization)
    const key = `${canonicalization} ${limit ?? ''}`
    const there = this.#hashes.get(key) ?? hashBody(body, limit ?? body.length)
    this.#hashes.set(key, there)
    return { digest: await there, length: body.length }
  }

  #canonical(canonicalization: Canonicalization): Promise<CanonicalBody> {
    const there = this.#bodies.get(canonicalization)
    if (there !== undefined) return there
    const made =
      canonicalization === 'simple'
        ? Promise.resolve(simpleBody(this.#body))
        : relaxedBody(this.#body)
    this.#bodies.set(canonicalization, made)
    return made
  }
}

/** RFC 6376 §3.4.3: empty lines at the end become one CRLF. */
export function simpleBody(body: Buffer): CanonicalBody {
  const content = withoutEndLines(body, body.length)
  return { content, hasEnd: true, length: content.length + 2 }
}

/** RFC 6376 §3.4.4: white space at the ends of lines and empty lines at the end go, other white space becomes one space. */
export async function relaxedBody(body: Buffer): Promise<CanonicalBody> {
  const out = Buffer.allocUnsafe(body.length)
  const state: Relaxing = { length: 0, isBlank: false }
  for (let start = 0; start < body.length; start += sliceBytes) {
    if (start > 0) await setImmediate()
    relaxSlice(body, start, Math.min(body.length, start + sliceBytes), out, state)
  }
  const content = withoutEndLines(out, state.length)
  const hasEnd = content.length > 0
  return { content, hasEnd, length: content.length + (hasEnd ? 2 : 0) }
}

interface Relaxing {
  /** Octets written. */
  length: number
  /** White space is held back until it is known what follows. */
  isBlank: boolean
}

function relaxSlice(body: Buffer, start: number, end: number, out: Buffer, state: Relaxing): void {
  let { length, isBlank } = state
  for (let at = start; at < end; at += 1) {
    const octet = body[at] ?? 0
    if (octet === SPACE || octet === TAB) isBlank = true
    else {
      const endsLine = octet === CR && body[at + 1] === LF
      if (isBlank && !endsLine) out[length++] = SPACE
      isBlank = false
      out[length++] = octet
    }
  }
  state.length = length
  state.isBlank = isBlank
}

function withoutEndLines(body: Buffer, length: number): Buffer {
  let end = length
  while (end >= 2 && body[end - 2] === CR && body[end - 1] === LF) end -= 2
  return body.subarray(0, end)
}

async function hashBody({ content, hasEnd }: CanonicalBody, limit: number): Promise<string> {
  const hash = createHash('sha256')
  const end = Math.min(limit, content.length)
  for (let start = 0; start < end; start += sliceBytes) {
    if (start > 0) await setImmediate()
    hash.update(content.subarray(start, Math.min(end, start + sliceBytes)))
  }
  if (hasEnd && limit > content.length) hash.update('\r\n'.slice(0, limit - content.length))
  return hash.digest('base64')
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32

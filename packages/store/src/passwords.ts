import { createHmac, randomBytes } from 'node:crypto'

import { hash, verify, type Options } from '@node-rs/argon2'
import { LRUCache } from 'lru-cache'

import { StoreUnavailable } from './unavailable.ts'

/** argon2id, 19 MiB, two passes, one lane (OWASP's minimum): 35 to 45 ms. The library's default algorithm is argon2id. */
const cost: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const costText = 'm=19456,t=2,p=1'

/** Checks at one time: each takes a core, and 19 MiB. */
const maxRunning = 2
/** Checks that wait: five seconds' worth. More is an attack, or a crowd; either way "later", not "wrong". */
const maxWaiting = 200

const rememberMs = 5 * 60_000
const maxRemembered = 10_000

/** Longest password in octets; hashing more would be work for free. */
export const maxPasswordOctets = 1_024

/**
 * Hashes and checks passwords. A success is remembered for minutes, so that a phone's hundredth login costs microseconds: under
 * a keyed hash (the key lives and dies with the process) over the stored hash and the password, so that it is void the moment
 * the password changes. Equal checks that come together are one.
 */
export class Passwords {
  readonly #key = randomBytes(32)
  readonly #remembered = new LRUCache<string, true>({ max: maxRemembered, ttl: rememberMs })
  readonly #underWay = new Map<string, Promise<boolean>>()
  readonly #waiting: (() => void)[] = []
  readonly #maxWaiting: number
  #running = 0
  #dummy: Promise<string> | undefined

  constructor(limits: { readonly maxWaiting: number } = { maxWaiting }) {
    this.#maxWaiting = limits.maxWaiting
  }

  /** A PHC string (`$argon2id$v=19$…`) for keeping. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalize(password), cost))
  }

  /**
   * Whether the password fits. Without a stored hash (no such account, or none set) the answer is no, after the same work: the
   * time does not tell which names exist.
   */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    // Also where it is not needed: the first unknown name must not take longer than the first known one.
    const standIn = await this.#standIn()
    const secret = normalize(password)
    if (secret === '' || Buffer.byteLength(secret) > maxPasswordOctets) {
      await this.#check(standIn, '-')
      return false
    }
    if (stored === undefined) {
      await this.#check(standIn, secret)
      return false
    }
    const key = createHmac('sha256', this.#key).update(`${stored}\0${secret}`).digest('base64')
    if (this.#remembered.has(key)) return true
    const known = this.#underWay.get(key)
    if (known !== undefined) return known
    const check = this.#check(stored, secret).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, check)
    const isRight = await check
    if (isRight) this.#remembered.set(key, true)
    return isRight
  }

  /** True where a stored hash was made with another cost than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith('$argon2id$v=19$') || stored.split('$')[3] !== costText
  }

  #standIn(): Promise<string> {
    this.#dummy ??= hash(randomBytes(16).toString('hex'), cost)
    return this.#dummy
  }

  #check(stored: string, secret: string): Promise<boolean> {
    return this.#inTurn(() => verify(stored, secret).catch(() => false))
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= maxRunning) {
      if (this.#waiting.length >= this.#maxWaiting) throw new StoreUnavailable('busy', 'none')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await work()
    } finally {
      // The place goes to the next one directly: nobody can slip in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

/** RFC 8265 §4.1 asks for NFC; nothing else is changed, so that no two passwords become one. */
function normalize(password: string): string {
  return password.normalize('NFC')
}

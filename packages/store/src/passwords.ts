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

/** A password to be checked. */
export interface PasswordAttempt {
  /** What is kept; undefined: no such account, or no password set. */
  readonly stored: string | undefined
  readonly password: string
  /** Whose, known or not, and from where: equal attempts that come together are one. */
  readonly name: string
  /** From where the owner has signed in before: does not wait behind strangers, however many there are. */
  readonly isKnownPlace?: boolean
}

/** What goes with a check that really happens (not with a remembered one, nor with one that joins another). */
export interface CheckWatch {
  /** Asked when the turn has come after a wait: false gives it up. */
  mayCheck(): Promise<boolean>
  /** The password was wrong; done before the next in line has its turn. */
  failed(): Promise<void>
}

/** How a check ended. `given-up`: its watch said no. */
export type CheckOutcome = 'right' | 'wrong' | 'given-up'

const noWatch: CheckWatch = {
  mayCheck: () => Promise.resolve(true),
  failed: () => Promise.resolve(),
}

/**
 * Hashes and checks passwords. A success is remembered for minutes, so that a phone's hundredth login costs microseconds: under
 * a keyed hash (the key lives and dies with the process) over the stored hash and the password, so that it is void the moment
 * the password changes. Equal checks that come together are one.
 */
export class Passwords {
  readonly #key = randomBytes(32)
  readonly #remembered = new LRUCache<string, true>({ max: maxRemembered, ttl: rememberMs })
  readonly #underWay = new Map<string, Promise<CheckOutcome>>()
  readonly #waiting: (() => void)[] = []
  readonly #preferred: (() => void)[] = []
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

  /** True where this very password was right a short while ago. */
  isRemembered({ stored, password }: PasswordAttempt): boolean {
    return stored !== undefined && this.#remembered.has(this.#keyOf(stored, normalize(password)))
  }

  /**
   * Whether the password fits. Without a stored hash the answer is no, after the same work: neither the time nor the order of
   * many answers tells which names exist.
   */
  async verify(attempt: PasswordAttempt, watch: CheckWatch = noWatch): Promise<CheckOutcome> {
    const { stored, name, isKnownPlace = false } = attempt
    if (this.isRemembered(attempt)) return 'right'
    const secret = normalize(attempt.password)
    const key = this.#keyOf(stored ?? '', `${name}\0${secret}`)
    const known = this.#underWay.get(key)
    if (known !== undefined) return known
    const line = isKnownPlace ? this.#preferred : this.#waiting
    const check = this.#check(stored, secret, watch, line).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, check)
    const outcome = await check
    if (outcome === 'right' && stored !== undefined) {
      this.#remembered.set(this.#keyOf(stored, secret), true)
    }
    return outcome
  }

  /** True where a stored hash was made with another cost than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith('$argon2id$v=19$') || stored.split('$')[3] !== costText
  }

  #standIn(): Promise<string> {
    this.#dummy ??= hash(randomBytes(16).toString('hex'), cost)
    return this.#dummy
  }

  async #check(
    stored: string | undefined,
    secret: string,
    watch: CheckWatch,
    line: (() => void)[],
  ): Promise<CheckOutcome> {
    // Also where it is not needed: the first unknown name must not take longer than the first known one.
    const standIn = await this.#standIn()
    const isPossible = secret !== '' && Buffer.byteLength(secret) <= maxPasswordOctets
    return this.#inTurn(async (hasWaited) => {
      if (hasWaited && !(await watch.mayCheck())) return 'given-up'
      const fits = await verify(
        isPossible ? (stored ?? standIn) : standIn,
        isPossible ? secret : '-',
      ).catch(() => false)
      if (fits && isPossible && stored !== undefined) return 'right'
      await watch.failed()
      return 'wrong'
    }, line)
  }

  #keyOf(stored: string, secret: string): string {
    return createHmac('sha256', this.#key).update(`${stored}\0${secret}`).digest('base64')
  }

  async #inTurn<T>(
    work: (hasWaited: boolean) => Promise<T>,
    line: (() => void)[] = this.#preferred,
  ): Promise<T> {
    const mustWait = this.#running >= maxRunning
    if (mustWait) {
      if (line.length >= this.#maxWaiting) throw new StoreUnavailable('busy', 'none')
      await new Promise<void>((resolve) => line.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await work(mustWait)
    } finally {
      // The place goes to the next one directly: nobody can slip in between.
      const next = this.#preferred.shift() ?? this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

/** RFC 8265 §4.1 asks for NFC; nothing else is changed, so that no two passwords become one. */
function normalize(password: string): string {
  return password.normalize('NFC')
}

/** Whoever holds memory out of a budget: one message on its way in. */
export interface Tenant {
  /** Octets it holds. */
  held: number
}

interface Waiter {
  readonly tenant: Tenant
  readonly bytes: number
  readonly answer: (isTaken: boolean) => void
}

/** A message up to here is small: half as much memory again is kept for those, so that large ones cannot hold them up. */
const SMALL = 1024 * 1024

/**
 * A bound on octets held at one moment by all messages that come in. Who finds none left waits,
 * in order. So that not all wait for each other, one tenant at a time is favoured: it may go over
 * the limit, comes to its end, and makes room. The bound is therefore one and a half times the
 * limit, and one message.
 */
export class MemoryBudget {
  readonly limit: number
  #used = 0
  #favoured: Tenant | undefined
  readonly #waiters: Waiter[] = []

  constructor(limitBytes: number) {
    this.limit = limitBytes
  }

  /** Octets held now. */
  get used(): number {
    return this.#used
  }

  /** Takes octets if they are there, or if the tenant is favoured; otherwise takes nothing and says false. */
  take(tenant: Tenant, bytes: number): boolean {
    const isSmall = tenant.held + bytes <= SMALL
    const fits = isSmall
      ? this.#used + bytes <= this.limit * 1.5
      : this.#used + bytes <= this.limit && this.#waiters.length === 0
    if (!fits && this.#favoured === undefined) this.#favoured = tenant
    if (!fits && this.#favoured !== tenant) return false
    this.#hold(tenant, bytes)
    return true
  }

  /** Takes octets when they are there; false after `timeoutMs`. */
  async wait(tenant: Tenant, bytes: number, timeoutMs: number): Promise<boolean> {
    if (this.take(tenant, bytes)) return true
    const answer = Promise.withResolvers<boolean>()
    const waiter = { tenant, bytes, answer: answer.resolve }
    this.#waiters.push(waiter)
    const timer = setTimeout(() => {
      this.#dismiss((one) => one === waiter)
      this.#serve()
    }, timeoutMs)
    return await answer.promise.finally(() => clearTimeout(timer))
  }

  /** Gives some octets back. */
  give(tenant: Tenant, bytes: number): void {
    tenant.held -= bytes
    this.#used -= bytes
    this.#serve()
  }

  /** The tenant is done: gives everything back, and the favour, too. */
  leave(tenant: Tenant): void {
    if (this.#favoured === tenant) this.#favoured = undefined
    this.#dismiss((one) => one.tenant === tenant)
    this.give(tenant, tenant.held)
  }

  #hold(tenant: Tenant, bytes: number): void {
    tenant.held += bytes
    this.#used += bytes
  }

  /** Those waiters get nothing. */
  #dismiss(isMeant: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters.filter(isMeant)) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      waiter.answer(false)
    }
  }

  #serve(): void {
    for (;;) {
      const [first] = this.#waiters
      if (first === undefined) return
      const fits = this.#used + first.bytes <= this.limit
      if (!fits && this.#favoured !== undefined) return
      if (!fits) this.#favoured = first.tenant
      this.#waiters.shift()
      this.#hold(first.tenant, first.bytes)
      first.answer(true)
    }
  }
}

/** The budget of this process for messages on their way in, shared by all its listeners: four of the largest. */
export const processBudget = new MemoryBudget(256 * 1024 * 1024)

/** How long a message waits for memory, unread: less than a client waits for us (RFC 5321 §4.5.3.2.5: 3 minutes). */
export const memoryWaitMs = 150_000

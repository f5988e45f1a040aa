import type { SigningKey } from '@posthouse/mail-auth'
import type { DkimKeys } from '@posthouse/store'

interface Entry {
  readonly keys: Promise<readonly SigningKey[]>
  readonly readAt: number
}

/** Domains whose keys are held; more than that are read again. */
const maxDomains = 10_000

/**
 * The keys that sign, in memory: opening one costs more than a signature with it. A change is heard at once, and found by looking
 * again when a wake-up was lost.
 */
export class KeyRing {
  readonly #keys: DkimKeys
  readonly #maxAgeMs: number
  readonly #entries = new Map<string, Entry>()
  readonly #unsubscribe: () => void

  constructor(keys: DkimKeys, maxAgeMs: number) {
    this.#keys = keys
    this.#maxAgeMs = maxAgeMs
    this.#unsubscribe = keys.onChange(
      (domain) => this.#entries.delete(domain),
      () => this.#entries.clear(),
    )
  }

  /** A domain's active keys; none for one that has none, or is not ours. Rejects as `DkimKeys.signing`. */
  async of(domain: string): Promise<readonly SigningKey[]> {
    const there = this.#entries.get(domain)
    if (there !== undefined && performance.now() - there.readAt < this.#maxAgeMs)
      return await there.keys
    const entry = { keys: this.#read(domain), readAt: performance.now() }
    this.#entries.delete(domain)
    this.#entries.set(domain, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > maxDomains && oldest !== undefined) this.#entries.delete(oldest)
    try {
      return await entry.keys
    } catch (error) {
      // What fails is tried again by the next message.
      if (this.#entries.get(domain) === entry) this.#entries.delete(domain)
      throw error
    }
  }

  close(): void {
    this.#unsubscribe()
  }

  async #read(domain: string): Promise<readonly SigningKey[]> {
    const keys = await this.#keys.signing(domain)
    return keys.map(({ selector, algorithm, privateKey }) => ({
      domain,
      selector,
      algorithm: algorithm === 'ed25519' ? 'ed25519-sha256' : 'rsa-sha256',
      privateKey,
    }))
  }
}

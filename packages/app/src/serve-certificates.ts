import type { Certificates, ServedCertificate } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { TlsSource } from './tls-source.ts'

/** What serving the store's certificates needs. */
export interface ServingContext {
  readonly tls: TlsSource
  readonly certificates: Certificates
  readonly log: Log
  /** An authority is asked: what it issued is served. Without, only what was imported is, so that files of one's own count. */
  readonly isIssuing: boolean
  /** How soon a look that failed is taken again, for nobody says once more what has changed; 15 seconds when absent. */
  readonly againMs?: number
}

/** The store's certificates, in use in this process. */
export interface Serving {
  /** Looks at all of them now. Never rejects: what is there goes on, and the log tells why. */
  refresh(): Promise<void>
  stop(): void
}

/**
 * Serves the certificates of the store from now on, and each new one as soon as it is there: sessions that stand notice nothing.
 * While the database is away, or a key cannot be opened, what was served before goes on, and be it the server's own.
 */
export async function serveCertificates(context: ServingContext): Promise<Serving> {
  const shelf = new CertificateShelf(context)
  const stop = context.certificates.onChange((name) => void shelf.look(name))
  await shelf.look(undefined)
  const end = (): void => {
    stop()
    shelf.close()
  }
  return { refresh: () => shelf.look(undefined), stop: end }
}

/** What is served, by the names of the certificates. */
class CertificateShelf {
  readonly #context: ServingContext
  readonly #served = new Map<string, ServedCertificate>()
  /** What is to be looked at; undefined stands for all. */
  readonly #wanted = new Set<string | undefined>()
  #working: Promise<void> | undefined
  #again: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(context: ServingContext) {
    this.#context = context
  }

  /** No more looks by itself. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#again)
  }

  /** Looks at one, or at all. Whatever changes while a look is under way is seen by another one after it. */
  look(name: string | undefined): Promise<void> {
    this.#wanted.add(name)
    this.#working ??= this.#work()
    return this.#working
  }

  async #work(): Promise<void> {
    while (this.#wanted.size > 0) {
      const names = this.#wanted.has(undefined) ? [undefined] : [...this.#wanted]
      this.#wanted.clear()
      for (const name of names) await this.#take(name)
    }
    this.#working = undefined
  }

  async #take(name: string | undefined): Promise<void> {
    const { tls, certificates, log, isIssuing } = this.#context
    try {
      const { served, unreadable } = await certificates.served(name)
      for (const each of unreadable)
        log.error('tls.certificate.unreadable', {
          name: each,
          because: 'its key cannot be opened',
        })
      const gone = name === undefined ? [...this.#served.keys()] : [name]
      // One whose key cannot be opened any more is served as it was.
      for (const each of gone) if (!unreadable.includes(each)) this.#served.delete(each)
      for (const each of served)
        if (isIssuing || each.source === 'imported') this.#served.set(each.name, each)
      const all = [...this.#served.values()]
      const offered = all.map(({ cert, key, source }) => ({
        cert,
        key,
        isImported: source === 'imported',
      }))
      for (const { cert, because } of tls.serve(offered)) {
        const unusable = all.find((each) => each.cert === cert)
        log.error('tls.certificate.unusable', { name: unusable?.name, because })
      }
    } catch (error) {
      log.warn('tls.certificates.unavailable', { because: String(error) })
      this.#lookAgain()
    }
  }
  #lookAgain(): void {
    clearTimeout(this.#again)
    if (this.#isClosed) return
    const { againMs = 15_000 } = this.#context
    this.#again = setTimeout(() => void this.look(undefined), againMs).unref()
  }
}

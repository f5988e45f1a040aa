import type { Certificates } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import type { TlsSource } from './tls-source.ts'

/** What serving the store's certificates needs. */
export interface ServingContext {
  readonly tls: TlsSource
  readonly certificates: Certificates
  readonly log: Log
  /** An authority is asked: what it issued is served. Without, only what was imported is, so that files of one's own count. */
  readonly isIssuing: boolean
}

/** The store's certificates, in use in this process. */
export interface Serving {
  /** Looks for changes now. Never rejects: what is there goes on, and the log tells why. */
  refresh(): Promise<void>
  stop(): void
}

/**
 * Serves the certificates of the store from now on, and each new one as soon as it is there: sessions that stand notice nothing.
 * While the database is away, or a key cannot be opened, what was served before goes on, and be it the server's own.
 */
export async function serveCertificates(context: ServingContext): Promise<Serving> {
  const { certificates } = context
  let isWanted = false
  let working: Promise<void> | undefined
  // Whatever changes while one look is under way is seen by another one after it.
  const look = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false
      await takeOver(context)
    }
    working = undefined
  }
  const refresh = (): Promise<void> => {
    isWanted = true
    working ??= look()
    return working
  }
  const stop = certificates.onChange(() => void refresh())
  await refresh()
  return { refresh, stop }
}

async function takeOver({ tls, certificates, log, isIssuing }: ServingContext): Promise<void> {
  try {
    const { served, unreadable } = await certificates.served()
    for (const name of unreadable)
      log.error('tls.certificate.unreadable', { name, because: 'its key cannot be opened' })
    const chosen = served.filter(({ source }) => isIssuing || source === 'imported')
    for (const { cert, because } of tls.serve(chosen)) {
      const name = chosen.find((each) => each.cert === cert)?.name
      log.error('tls.certificate.unusable', { name, because })
    }
    if (chosen.length > 0) log.debug('tls.certificates.served', { count: chosen.length })
  } catch (error) {
    log.warn('tls.certificates.unavailable', { because: String(error) })
  }
}

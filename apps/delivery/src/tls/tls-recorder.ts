import type { TlsCount, TlsLedger, TlsNote } from '@posthouse/store'
import type { SmtpClient } from '@posthouse/smtp'
import type { Log } from '@posthouse/telemetry'
import type { TlsaRecord } from '@posthouse/dns'
import { failure, type TlsFailure } from './failure.ts'
import { isVerifying, webPkiFailure } from './session-verdict.ts'
import { isListed } from './sts-policy.ts'
import type { Planned } from './tls-policies.ts'

/** A host of a domain that was, or was to be, connected to. */
export interface Contact {
  readonly domain: string
  readonly host: string
  readonly address: string
}

/**
 * Notes what protected connections, for the ledger and for TLS reports (RFC 8460 §4), a few seconds later and many at a time:
 * no delivery waits for it. While the store is away it is kept, within bounds; what a killed process had not written is lost.
 */
export class TlsRecorder {
  readonly #ledger: Pick<TlsLedger, 'note' | 'count'>
  readonly #log: Log
  readonly #timer: NodeJS.Timeout
  #notes = new Map<string, TlsNote>()
  #counts = new Map<string, TlsCount>()
  #writing: Promise<void> = Promise.resolve()

  constructor(ledger: Pick<TlsLedger, 'note' | 'count'>, log: Log, everyMs = 5_000) {
    this.#ledger = ledger
    this.#log = log
    this.#timer = setInterval(() => void this.flush(), everyMs)
    this.#timer.unref()
  }

  /** A session that mail goes over; `fallback`: TLS was tried before, and failed. */
  used(contact: Contact, planned: Planned, client: SmtpClient, fallback?: string): void {
    const { plan } = planned
    if (plan.kind === 'refused') return
    const { tls } = client
    const policy = tls === undefined && plan.policy !== 'relay' ? 'none' : plan.policy
    const isVerified = isVerifying(plan)
    this.#note(contact, {
      policy,
      isVerified,
      wasClear: tls === undefined,
      failures: 0,
      ...(tls !== undefined && { tls: { protocol: tls.protocol, cipher: tls.cipher } }),
    })
    if (plan.policy === 'relay') return
    const observed = observe(contact.host, planned, client, fallback)
    this.#count(contact, planned, observed, client.localAddress)
    if (planned.sts.failure !== undefined) {
      this.#count(contact, planned, planned.sts.failure, client.localAddress)
    }
  }

  /** No session, for a reason that has to do with TLS. */
  failed(contact: Contact, planned: Planned, because: TlsFailure, ownAddress?: string): void {
    const policy = planned.plan.kind === 'refused' ? policyOf(planned) : planned.plan.policy
    const failed = `${because.type}: ${because.because}`.slice(0, 500)
    this.#note(contact, {
      policy,
      isVerified: false,
      wasClear: false,
      failures: 1,
      failure: failed,
    })
    if (policy !== 'relay') this.#count(contact, planned, because, ownAddress)
  }

  /** Writes what is there; never rejects. */
  async flush(): Promise<void> {
    await this.#writing
    this.#writing = this.#write()
    await this.#writing
  }

  /** The last time. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #note({ domain, host }: Contact, note: Omit<TlsNote, 'domain' | 'mxHost'>): void {
    const key = `${domain} ${host}`
    const before = this.#notes.get(key)
    if (before === undefined && this.#notes.size >= most) return
    this.#notes.set(key, merge(before, { ...note, domain, mxHost: host }))
  }

  #count(contact: Contact, planned: Planned, because: TlsFailure | undefined, own = ''): void {
    const count: TlsCount = {
      day: new Date().toISOString().slice(0, 10),
      domain: contact.domain,
      ...reportPolicy(planned),
      result: because?.type ?? 'success',
      mxHost: because === undefined ? '' : contact.host,
      mxAddress: because === undefined ? '' : contact.address,
      ownAddress: because === undefined ? '' : own,
      reason: because?.because.slice(0, 300) ?? '',
      sessions: 1,
    }
    const key = JSON.stringify(count)
    const before = this.#counts.get(key)
    if (before === undefined && this.#counts.size >= most) return
    this.#counts.set(key, { ...count, sessions: (before?.sessions ?? 0) + 1 })
  }

  async #write(): Promise<void> {
    const [notes, counts] = [this.#notes, this.#counts]
    this.#notes = new Map()
    this.#counts = new Map()
    try {
      await this.#ledger.note([...notes.values()])
      notes.clear()
      await this.#ledger.count([...counts.values()])
    } catch (error) {
      this.#log.warn('delivery.tls.unrecorded', { error })
      for (const [key, note] of notes) {
        this.#notes.set(key, merge(note, this.#notes.get(key) ?? note))
      }
      for (const [key, count] of counts) {
        const sessions = count.sessions + (this.#counts.get(key)?.sessions ?? 0)
        this.#counts.set(key, { ...count, sessions })
      }
    }
  }
}

/** What was wrong though the session was used: in `testing`, and where nothing was asked for (RFC 8460 §4.3). */
function observe(
  host: string,
  { plan, sts }: Planned,
  { tls }: SmtpClient,
  fallback: string | undefined,
): TlsFailure | undefined {
  if (plan.kind !== 'any') return undefined
  if (tls === undefined) {
    if (fallback !== undefined) return failure('validation-failure', fallback)
    return failure('starttls-not-supported', 'it offers no TLS')
  }
  if (sts.policy?.mode !== 'testing') return undefined
  if (!isListed(sts.policy, host)) {
    return failure('validation-failure', `${host} is not among the hosts of the MTA-STS policy`)
  }
  return webPkiFailure(host, tls)
}

function policyOf({ dane, sts }: Planned): TlsNote['policy'] {
  if (dane.kind !== 'none') return 'dane'
  return sts.policy === undefined ? 'opportunistic' : 'sts'
}

/** The policy that a session counts under (RFC 8460 §4.2). */
function reportPolicy({ dane, sts }: Planned): Pick<TlsCount, 'policyType' | 'lines' | 'mx'> {
  if (dane.kind !== 'none') {
    const lines = dane.kind === 'records' ? dane.all.map(tlsaLine).toSorted() : []
    return { policyType: 'tlsa', lines, mx: [] }
  }
  if (sts.policy === undefined) return { policyType: 'no-policy-found', lines: [], mx: [] }
  return { policyType: 'sts', lines: sts.policy.lines, mx: sts.policy.mx }
}

/** A TLSA record as zones show it (RFC 6698 §2.2). */
export function tlsaLine({ usage, selector, matchingType, data }: TlsaRecord): string {
  return `${usage} ${selector} ${matchingType} ${data.toString('hex')}`
}

function merge(before: TlsNote | undefined, after: TlsNote): TlsNote {
  if (before === undefined || before === after) return after
  const wasUsed = after.tls !== undefined || after.wasClear
  const tls = after.tls ?? before.tls
  const words = after.failure ?? before.failure
  return {
    ...after,
    wasClear: before.wasClear || after.wasClear,
    failures: wasUsed ? after.failures : before.failures + after.failures,
    ...(tls !== undefined && { tls }),
    ...(words !== undefined && { failure: words }),
  }
}

const most = 20_000

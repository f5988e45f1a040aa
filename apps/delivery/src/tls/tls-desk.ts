import type { Config } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import { networks } from '@posthouse/line-server'
import type { TlsLedger } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { isSpecialAddress } from '../special-address.ts'
import { StsBook } from './sts-book.ts'
import { type FetchContext, fetchStsPolicy } from './sts-fetch.ts'
import type { TlsLimits } from './tls-limits.ts'
import { TlsMemory } from './tls-memory.ts'
import { TlsPolicies } from './tls-policies.ts'
import { TlsRecorder } from './tls-recorder.ts'

/** What a desk is made of. */
export interface TlsDeskOptions {
  readonly config: Config
  readonly resolver: Resolver
  readonly ledger: TlsLedger
  readonly log: Log
  readonly limits: TlsLimits
}

/** All that decides and notes what protects connections, for one worker. */
export class TlsDesk {
  readonly policies: TlsPolicies
  readonly recorder: TlsRecorder
  /** What is trusted besides the usual authorities. */
  readonly ca: string | undefined
  readonly #timer: NodeJS.Timeout
  #refreshing: Promise<void> = Promise.resolve()

  constructor({ config, resolver, ledger, log, limits }: TlsDeskOptions) {
    const { ca } = limits
    const context = fetchContextOf(config, resolver, ca)
    const fetch = (domain: string) => fetchStsPolicy(domain, context)
    const sts = new StsBook({ ledger, resolver, log, fetch })
    this.ca = ca
    this.policies = new TlsPolicies({ resolver, log, sts, memory: new TlsMemory(ledger) })
    this.recorder = new TlsRecorder(ledger, log, limits.tlsNoteMs)
    this.#timer = setInterval(() => {
      this.#refreshing = refresh(sts, log)
    }, limits.stsRefreshMs)
    this.#timer.unref()
  }

  /** Writes what is noted, and begins nothing more. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.recorder.end()
    await this.#refreshing
  }
}

/** How policies are fetched under a configuration. @param ca an authority that is trusted, too; for tests */
export function fetchContextOf(config: Config, resolver: Resolver, ca?: string): FetchContext {
  const { policyPort, privateTargets } = config.delivery
  const allowed = networks(privateTargets)
  return {
    resolver,
    mayConnect: (address) => !isSpecialAddress(address) || allowed.has(address),
    port: policyPort,
    ...(ca !== undefined && { ca }),
  }
}

async function refresh(sts: StsBook, log: Log): Promise<void> {
  try {
    await sts.refresh()
  } catch (error) {
    log.warn('delivery.sts.refresh.failed', { error })
  }
}

import type { Config } from '@posthouse/config'
import type { Resolver } from '@posthouse/dns'
import { networks } from '@posthouse/line-server'
import type { TlsLedger } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { isSpecialAddress } from '../special-address.ts'
import { StsBook } from './sts-book.ts'
import { fetchStsPolicy } from './sts-fetch.ts'
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
    const allowed = networks(config.delivery.privateTargets)
    const { ca, policyPort } = limits
    const context = {
      resolver,
      mayConnect: (address: string) => !isSpecialAddress(address) || allowed.has(address),
      port: policyPort,
      ...(ca !== undefined && { ca }),
    }
    const fetch = (domain: string) => fetchStsPolicy(domain, context)
    const sts = new StsBook({ ledger, resolver, log, fetch })
    this.ca = ca
    this.policies = new TlsPolicies({ resolver, sts, memory: new TlsMemory(ledger) })
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

async function refresh(sts: StsBook, log: Log): Promise<void> {
  try {
    await sts.refresh()
  } catch (error) {
    log.warn('delivery.sts.refresh.failed', { error })
  }
}

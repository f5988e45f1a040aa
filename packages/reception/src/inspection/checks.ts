import type { Resolver } from '@posthouse/dns'
import {
  createPipeline,
  type FilterMessage,
  type FilterVerdict,
  type Pipeline,
} from '@posthouse/filter'
import {
  createAuthenticator,
  type AuthenticationInput,
  type AuthenticationVerdict,
} from '@posthouse/mail-auth'
import type { FilterSettings } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { ownWord } from './own-word.ts'
import { inboundThresholds, outboundThresholds, stagesFor } from './stages.ts'

/** What checks need of the house. */
export interface CheckServices {
  readonly resolver: Resolver
  readonly hostname: string
  readonly log: Log
}

/** Authentication and pipeline by the settings of one moment. Closed when they are replaced and the last message is through. */
export class Checks {
  readonly settings: FilterSettings
  readonly #pipeline: Pipeline
  readonly #authenticate: (
    octets: Buffer,
    input: AuthenticationInput,
  ) => Promise<AuthenticationVerdict>
  #judging = 0
  #isReplaced = false

  constructor(settings: FilterSettings, { resolver, hostname, log }: CheckServices) {
    this.settings = settings
    this.#pipeline = createPipeline({
      stages: stagesFor(settings),
      thresholds: inboundThresholds(settings),
      outboundThresholds: outboundThresholds(settings),
      virus: settings.get('virus.action'),
      log,
    })
    const authenticator = createAuthenticator({
      resolver,
      hostname,
      trustedSealers: settings.get('arc.sealers'),
    })
    this.#authenticate = this.isAuthenticating
      ? (octets, input) => authenticator.check(octets, input)
      : (_octets, input) => Promise.resolve(ownWord(input, [], 'checks are switched off'))
  }

  get isAuthenticating(): boolean {
    return this.settings.get('authentication') === 'on'
  }

  /** Never rejects. */
  authenticate(octets: Buffer, input: AuthenticationInput): Promise<AuthenticationVerdict> {
    return this.#authenticate(octets, input)
  }

  /** Never rejects. */
  async judge(message: FilterMessage): Promise<FilterVerdict> {
    this.#judging += 1
    try {
      return await this.#pipeline.judge(message)
    } finally {
      this.#judging -= 1
      await this.#closeWhenThrough()
    }
  }

  /** Other settings hold from now on. */
  async replace(): Promise<void> {
    this.#isReplaced = true
    await this.#closeWhenThrough()
  }

  async #closeWhenThrough(): Promise<void> {
    if (this.#isReplaced && this.#judging === 0) await this.#pipeline.close()
  }
}

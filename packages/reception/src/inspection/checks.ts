import type { Resolver } from '@posthouse/dns'
import {
  createPipeline,
  type FilterMessage,
  type FilterVerdict,
  type Pipeline,
  type SpamListener,
  type Stage,
} from '@posthouse/filter'
import {
  createAuthenticator,
  type AuthenticationInput,
  type AuthenticationVerdict,
} from '@posthouse/mail-auth'
import type { FilterSettings } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { ownWord } from './own-word.ts'
import { inboundThresholds, outboundThresholds, stagesFor, type StageServices } from './stages.ts'

/** What checks need of the house. */
export interface CheckServices extends StageServices {
  readonly resolver: Resolver
  readonly log: Log
  readonly hostname: string
}

/** Authentication and pipeline by the settings of one moment. Closed when they are replaced and the last message is through. */
export class Checks {
  readonly settings: FilterSettings
  readonly #stages: readonly Stage[]
  readonly #pipeline: Pipeline
  readonly #authenticate: (
    octets: Buffer,
    input: AuthenticationInput,
  ) => Promise<AuthenticationVerdict>
  readonly #similarity: SpamListener | undefined
  #judging = 0
  #isReplaced = false

  constructor(settings: FilterSettings, services: CheckServices) {
    const { resolver, hostname, log } = services
    const { stages, similarity } = stagesFor(settings, services)
    this.settings = settings
    this.#similarity = similarity
    this.#stages = stages
    this.#pipeline = createPipeline({
      stages,
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

  /** Stages that are left alone for now, where mail waits for that; in words. */
  troubles(): readonly string[] {
    return this.#stages.flatMap((stage) => {
      const { isResting = false, text = '' } = stage.health?.() ?? {}
      return isResting && stage.onFailure === 'defer' ? [`${stage.name}: ${text}`] : []
    })
  }

  /** A message that was spam without doubt. */
  noteSpam(message: FilterMessage): void {
    this.#similarity?.noteSpam(message)
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

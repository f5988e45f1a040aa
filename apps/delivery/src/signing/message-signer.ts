import {
  authorDomainOf,
  defaultValidSeconds,
  signMessage,
  type SigningKey,
} from '@posthouse/mail-auth'
import { type ClaimedMessage, SecretKeyUnfit } from '@posthouse/store'
import type { Log } from '@posthouse/telemetry'
import { signatures } from '../metrics.ts'
import type { Content } from './content.ts'
import type { KeyRing } from './key-ring.ts'

/** What signing needs to know of a message. */
export type SignedBy = Pick<ClaimedMessage, 'queueId' | 'origin' | 'authorDomain'>

/**
 * Signs mail with DKIM before it is sent: what our accounts wrote, for the domain of its From, and our own reports.
 * What is forwarded is left as it came. A domain without a key that is in use sends unsigned; one whose key cannot be had waits.
 */
export class MessageSigner {
  readonly #ring: KeyRing
  readonly #log: Log
  /** Domains whose keys could not be opened when last needed: said once, not for every message. */
  readonly #unfit = new Set<string>()

  constructor(ring: KeyRing, log: Log) {
    this.#ring = ring
    this.#log = log
  }

  /** Rejects when the store is away: the message is not sent then either. */
  async sign(message: SignedBy, octets: Buffer): Promise<Content> {
    for (const domain of domainsOf(message, octets)) {
      const keys = await this.#keysOf(domain)
      if (typeof keys === 'string') return { kind: 'withheld', because: keys }
      if (keys.length > 0)
        return { kind: 'ready', pieces: await this.#signed(message, keys, octets) }
    }
    signatures.add({ result: 'unsigned' })
    return { kind: 'ready', pieces: [octets] }
  }

  /** In words where they cannot be opened. */
  async #keysOf(domain: string): Promise<readonly SigningKey[] | string> {
    try {
      const keys = await this.#ring.of(domain)
      if (this.#unfit.delete(domain)) this.#log.info('delivery.sign.resumed', { domain })
      return keys
    } catch (error) {
      if (!(error instanceof SecretKeyUnfit)) throw error
      if (!this.#unfit.has(domain)) this.#log.error('delivery.sign.failed', { domain, error })
      this.#unfit.add(domain)
      signatures.add({ result: 'withheld' })
      return `It cannot be signed for ${domain}: ${error.message}`
    }
  }

  async #signed(
    { queueId }: SignedBy,
    keys: readonly SigningKey[],
    octets: Buffer,
  ): Promise<readonly Buffer[]> {
    const terms = { at: new Date(), validSeconds: defaultValidSeconds }
    const signed = await signMessage(octets, keys, terms)
    signatures.add({ result: signed.ok ? 'signed' : 'unsigned' })
    if (signed.ok) return [signed.fields, signed.octets]
    this.#log.warn('delivery.sign.impossible', { queueId, because: signed.because })
    return [octets]
  }
}

/**
 * `d=` is exactly the domain of From, so that it is aligned however strictly (RFC 9989 §4.4). A report comes from the postmaster of
 * a hosted domain, or of this host, whose own name is rarely one: then the domain above it that is.
 */
function domainsOf({ origin, authorDomain }: SignedBy, octets: Buffer): readonly string[] {
  if (origin === 'forwarded') return []
  if (authorDomain !== undefined) return [authorDomain]
  const labels = origin === 'report' ? (authorDomainOf(octets) ?? '').split('.') : []
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'))
}

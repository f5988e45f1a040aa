/**
 * What a cause is about, for programs. `rate`, `reputation` and `greylisting` say how fast a provider is to be asked again;
 * `address` and `domain` that asking again is of no use.
 */
export type CauseKind =
  /** The mailbox is not there, or no more. */
  | 'address'
  /** The domain is not there, takes no mail, or names servers that are not its own. */
  | 'domain'
  /** The mailbox takes no more at the moment. */
  | 'full'
  | 'policy'
  /** What they think of our address or domain. */
  | 'reputation'
  /** More than they take from us in this time. */
  | 'rate'
  | 'greylisting'
  /** SPF, DKIM, DMARC, our reverse name, our greeting. */
  | 'authentication'
  | 'size'
  | 'content'
  | 'tls'
  | 'network'
  | 'loop'
  /** Trouble on their side that has nothing to do with us. */
  | 'system'
  /** More recipients than they take in one transaction. */
  | 'recipients'
  /** An extension or a form that one of the two servers cannot do. */
  | 'protocol'
  /** The connection was lost after the final dot: nobody knows. */
  | 'unknown'
  | 'other'

/** A cause as the tables hold it; see `Cause`. */
export interface CauseEntry {
  readonly kind: CauseKind
  readonly say: string
  readonly next: string
  readonly isAboutUs?: true
  readonly operator?: string
}

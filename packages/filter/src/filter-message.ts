import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import type { HeaderField, MimePart } from '@posthouse/message'

/** Which way a message goes: in from the world, or out from one of our own users. */
export type Direction = 'inbound' | 'outbound'

/** A recipient as the pipeline knows it. */
export interface FilterRecipient {
  /** As named in RCPT, normalised. */
  readonly address: string
  /** The account that it leads to; absent for foreign ones. */
  readonly account?: string
}

/** The client that brought a message. */
export interface FilterClient {
  readonly address: string
  readonly helo: string
  /** The name that leads back to the address. */
  readonly name?: string
  readonly isTls: boolean
}

/** A link that a reader could follow, or that is written out. */
export interface MessageLink {
  /** As in the message, entities undone. */
  readonly href: string
  /** What a reader sees in its place; absent for a bare address in text. */
  readonly shown?: string
}

/** What a reader sees of a message, decoded once for all stages. Everything is capped (limits.ts). */
export interface MessageText {
  /** text/plain parts. */
  readonly plain: string
  /** text/html parts as a reader sees them. */
  readonly html: string
  /** text/html parts as written. */
  readonly markup: string
  readonly links: readonly MessageLink[]
}

/**
 * The message as every stage sees it: immutable, the same for all. What is dear to compute is computed when the first stage
 * asks, and once.
 */
export interface FilterMessage {
  /** 26 characters. */
  readonly queueId: string
  readonly direction: Direction
  /** As the peer sent it. */
  readonly octets: Buffer
  readonly root: MimePart
  readonly headers: readonly HeaderField[]
  /** Values of the fields of this name (any case), unfolded and decoded, in order. */
  field(name: string): readonly string[]
  readonly text: MessageText
  /** MAIL FROM; empty for the null sender. */
  readonly sender: string
  readonly recipients: readonly FilterRecipient[]
  readonly client: FilterClient
  /** Domains that are hosted here, as A-labels: what bears one and comes from outside is looked at twice. */
  isOurs(domain: string): boolean
  /** Ready when its DNS questions are answered; never rejects. For outbound mail: our own word, nothing asked. */
  readonly authentication: Promise<AuthenticationVerdict>
  readonly receivedAt: Date
}

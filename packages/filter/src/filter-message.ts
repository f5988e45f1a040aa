import type { AuthenticationVerdict } from '@posthouse/mail-auth'
import {
  decodeWords,
  type HeaderField,
  headerFields,
  indexMessage,
  type MimePart,
  unfold,
} from '@posthouse/message'
import { MAX_FIELD_BYTES, MAX_HEADER_BYTES } from './limits.ts'
import { asciiDomain } from './view/domains.ts'
import { messageText } from './view/message-text.ts'

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

/** What a message is made of, before it is looked at. */
export interface FilterMessageInput {
  readonly queueId: string
  readonly direction: Direction
  readonly octets: Buffer
  /** The index of the octets, where it is there already. */
  readonly root?: MimePart
  readonly sender: string
  readonly recipients: readonly FilterRecipient[]
  readonly client: FilterClient
  /** Domains that are hosted here, in any spelling. */
  readonly ourDomains: ReadonlySet<string> | readonly string[]
  readonly authentication: Promise<AuthenticationVerdict>
  readonly receivedAt: Date
}

/** The view that all stages share. Index, fields and text are computed when they are first asked for. */
export function filterMessage(input: FilterMessageInput): FilterMessage {
  return new SharedView(input)
}

class SharedView implements FilterMessage {
  readonly queueId: string
  readonly direction: Direction
  readonly octets: Buffer
  readonly sender: string
  readonly recipients: readonly FilterRecipient[]
  readonly client: FilterClient
  readonly authentication: Promise<AuthenticationVerdict>
  readonly receivedAt: Date
  readonly #ourDomains: ReadonlySet<string>
  readonly #values = new Map<string, readonly string[]>()
  #byName: ReadonlyMap<string, readonly HeaderField[]> | undefined
  #root: MimePart | undefined
  #headers: readonly HeaderField[] | undefined
  #text: MessageText | undefined

  constructor(input: FilterMessageInput) {
    this.queueId = input.queueId
    this.direction = input.direction
    this.octets = input.octets
    this.sender = input.sender
    this.recipients = input.recipients
    this.client = input.client
    this.authentication = input.authentication
    this.receivedAt = input.receivedAt
    this.#root = input.root
    this.#ourDomains = new Set([...input.ourDomains].map(asciiDomain))
  }

  get root(): MimePart {
    return (this.#root ??= indexMessage(this.octets))
  }

  get headers(): readonly HeaderField[] {
    const { start, end } = this.root.header
    const span = { start, end: Math.min(end, start + MAX_HEADER_BYTES) }
    return (this.#headers ??= headerFields(this.octets, span))
  }

  get text(): MessageText {
    return (this.#text ??= messageText(this.octets, this.root))
  }

  field(name: string): readonly string[] {
    const key = name.toLowerCase()
    const known = this.#values.get(key)
    if (known !== undefined) return known
    const values = (this.#named().get(key) ?? []).map(({ value }) =>
      decodeWords(unfold(value.subarray(0, MAX_FIELD_BYTES))),
    )
    this.#values.set(key, values)
    return values
  }

  isOurs(domain: string): boolean {
    return this.#ourDomains.has(asciiDomain(domain))
  }

  #named(): ReadonlyMap<string, readonly HeaderField[]> {
    return (this.#byName ??= Map.groupBy(this.headers, ({ name }) => name.toLowerCase()))
  }
}

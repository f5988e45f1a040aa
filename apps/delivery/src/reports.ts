import { isAscii } from 'node:buffer'
import {
  buildDsn,
  computeFacts,
  type DeliveryReport,
  formatDateTime,
  headerValue,
  indexMessage,
} from '@posthouse/message'
import {
  type Delivery,
  type DeliveryRecipient,
  newUuid,
  type OutcomeReport,
  type QueueSubmission,
  type Store,
  uuidToBase32,
} from '@posthouse/store'
import type { Job } from './job.ts'
import type { Judgement, NoticeKind } from './judgement.ts'
import { reportDestination, type Destination } from './report-destination.ts'

/** What is told to the sender of one message, in one report. */
export interface Notices {
  readonly job: Job
  readonly judgements: readonly Judgement[]
}

/**
 * Writes the reports that outcomes call for: one per message and kind (RFC 3464), into the sender's
 * mailbox, or into the queue for a foreign sender. A message with the null sender gets none
 * (RFC 5321 §4.5.5), and neither does a sender that is not there.
 */
export class ReportWriter {
  readonly #store: Store
  readonly #hostname: string

  constructor(store: Store, hostname: string) {
    this.#store = store
    this.#hostname = hostname
  }

  /** Rejects when the store is away. */
  async write({ job, judgements }: Notices): Promise<readonly OutcomeReport[]> {
    const kinds = [...new Set(judgements.flatMap(({ notice }) => notice?.kind ?? []))]
    if (job.message.sender === '' || kinds.length === 0) return []
    const destination = await reportDestination(this.#store, job.message)
    if (destination === undefined) return []
    const octets = (await this.#store.queue.contents([job.message.queueId])).get(
      job.message.queueId,
    )
    if (octets === undefined) return []
    return kinds.map((kind) => this.#report(kind, { job, judgements }, octets, destination))
  }

  #report(
    kind: NoticeKind,
    { job, judgements }: Notices,
    original: Buffer,
    destination: Destination,
  ): OutcomeReport {
    const about = judgements.filter(({ notice }) => notice?.kind === kind)
    const queueId = uuidToBase32(newUuid())
    const octets = buildDsn({
      ...this.#content(kind, job, about, original, queueId),
      to: destination.to,
    })
    const delivery: Delivery = {
      octets,
      facts: computeFacts(octets),
      receivedAt: new Date(),
      queueId,
      origin: { door: 'report', sender: '', about: job.message.queueId },
      recipients: destination.local.map(({ account, address }) => ({
        account,
        mailbox: 'INBOX',
        prefix: this.#prefix(queueId, address),
        flags: [],
      })) satisfies readonly DeliveryRecipient[],
      ...(destination.remote.length === 0
        ? {}
        : { outbound: this.#outbound(octets, queueId, destination.remote, job) }),
    }
    return {
      about: about.map(({ outcome }) => ({ queueId: outcome.queueId, n: outcome.n })),
      kind,
      delivery,
    }
  }

  #content(
    kind: NoticeKind,
    { message }: Job,
    about: readonly Judgement[],
    octets: Buffer,
    queueId: string,
  ): Omit<DeliveryReport, 'to'> {
    const domain = message.sender.slice(message.sender.lastIndexOf('@') + 1)
    return {
      reportingMta: this.#hostname,
      from: message.account === null ? `postmaster@${this.#hostname}` : `postmaster@${domain}`,
      messageId: `<${queueId.toLowerCase()}@${this.#hostname}>`,
      date: new Date(),
      boundary: `report-${queueId}`,
      ...(message.envelopeId === undefined ? {} : { envelopeId: message.envelopeId }),
      queueId: message.queueId,
      arrival: message.submittedAt,
      recipients: about.flatMap(({ notice }) => (notice === undefined ? [] : [notice.recipient])),
      original: { octets, header: indexMessage(octets).header },
      // RFC 8689 §5: what requires TLS all the way is not quoted.
      returns: message.requiresTls
        ? 'headers'
        : returns(kind, message.returnContent, octets.length),
      international: message.needsSmtpUtf8,
    }
  }

  #prefix(queueId: string, address: string): Buffer {
    return Buffer.from(
      `Return-Path: <>\r\nDelivered-To: ${headerValue(address)}\r\n${this.#received(queueId)}`,
    )
  }

  #received(queueId: string): string {
    const now = formatDateTime(new Date())
    return `Received: by ${this.#hostname} (Posthouse) id ${queueId};\r\n ${now}\r\n`
  }

  #outbound(
    octets: Buffer,
    queueId: string,
    addresses: readonly string[],
    job: Job,
  ): QueueSubmission {
    return {
      account: null,
      sender: '',
      origin: 'report',
      prefix: Buffer.from(this.#received(queueId)),
      recipients: addresses.map((address) => ({ address })),
      isEightBit: !isAscii(octets),
      requiresTls: job.message.requiresTls,
      needsSmtpUtf8: job.message.needsSmtpUtf8 || addresses.some((address) => WIDE.test(address)),
    }
  }
}

/** RET counts for failures (RFC 3461 §4.3); without it a small message comes back whole. */
function returns(
  kind: NoticeKind,
  asked: 'full' | 'headers' | undefined,
  size: number,
): 'full' | 'headers' {
  if (kind !== 'failure') return 'headers'
  return asked ?? (size <= SMALL ? 'full' : 'headers')
}

const SMALL = 50_000
const WIDE = /[^\0-\x7f]/

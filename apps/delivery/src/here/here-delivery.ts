import { HostedDomains, receive, route, type Accepted, type Reception } from '@posthouse/reception'
import {
  nullPath,
  parsePath,
  replies,
  type AcceptedRecipient,
  type RecipientOutcome,
  type Reply,
} from '@posthouse/smtp'
import { newUuid, uuidToBase32, type ClaimedMessage, type Store } from '@posthouse/store'
import type { Job } from '../job.ts'
import type { JobEnds } from '../job-ends.ts'
import type { Recorder } from '../recorder.ts'

/** What delivering here needs: what the doors need, and the ways in which a job ends. */
export interface HereContext extends Reception {
  readonly store: Store
  readonly ends: JobEnds
  readonly recorder: Pick<Recorder, 'ready'>
}

type Target = Accepted['envelope']['recipients'][number]['target']
type Recipient = ClaimedMessage['recipients'][number]

/** Where one of a message's recipients leads, or what speaks against it. */
type Found =
  | { readonly recipient: Recipient; readonly taken: AcceptedRecipient<Target> }
  | { readonly recipient: Recipient; readonly reply: Reply }

/**
 * Mail of our own users in the queue that is for people here: it was held until now, or was sent to another address, or the
 * domain has become ours meanwhile. It comes in as if it were submitted now, with everything that is done to mail then; no host
 * is asked, for the MX of these domains is this one.
 *
 * A worker that dies between the commit and the record of it delivers a second time, as after any unknown outcome.
 */
export class HereDelivery {
  readonly #context: HereContext
  readonly #domains: HostedDomains
  readonly #running = new Set<Promise<void>>()
  /** Those whose turn has not come. */
  readonly #waiting: Job[] = []
  #isStopped = false
  /** Called when nothing waits any more. */
  onRoom: () => void = () => undefined

  constructor(context: HereContext) {
    this.#context = context
    this.#domains = new HostedDomains(context.store.domains)
  }

  /** Destinations that more is not to be claimed for. */
  get sated(): readonly string[] {
    return [...new Set(this.#waiting.map(({ message }) => message.destination))]
  }

  /** Takes those that lead here, to deliver a few at a time, and gives the others. Never rejects. */
  async serve(jobs: readonly Job[]): Promise<readonly Job[]> {
    try {
      const names = await this.#domains.names()
      const away = jobs.filter((job) => !isForHere(job.message, names))
      const isAway = new Set(away)
      this.#waiting.push(...jobs.filter((job) => !isAway.has(job)))
      this.#fill()
      return away
    } catch (error) {
      // Nobody knows which are ours: all of them wait for their leases to end.
      this.#context.log.warn('delivery.here.unknown', { error })
      for (const job of jobs) this.#context.ends.drop(job)
      return []
    }
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true
  }

  /** Resolves when what was begun has ended. */
  async end(): Promise<void> {
    await Promise.all(this.#running)
  }

  #fill(): void {
    while (!this.#isStopped && this.#running.size < AT_ONCE) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      this.#begin(job)
    }
  }

  #begin(job: Job): void {
    const work = this.#deliver(job).catch((error: unknown) => {
      const { queueId } = job.message
      this.#context.log.error('delivery.here.failed', { queueId, error })
      this.#context.ends.drop(job)
    })
    this.#running.add(work)
    void work.finally(() => {
      this.#running.delete(work)
      this.#fill()
      if (this.#waiting.length === 0) this.onRoom()
    })
  }

  async #deliver(job: Job): Promise<void> {
    const { store, ends, recorder, hostname } = this.#context
    const { message } = job
    await recorder.ready()
    const contents = await store.queue.contents([message.queueId], { isToBeSent: true })
    const octets = contents.get(message.queueId)
    if (octets === undefined || this.#isStopped || !job.lease.isValid) {
      // Told to stop: not begun, so it is given back.
      if (!this.#isStopped) ends.drop(job)
      return
    }
    job.isBegun = true
    const found = await Promise.all(message.recipients.map((recipient) => this.#find(recipient)))
    const taken = found.flatMap((one) => ('taken' in one ? [one.taken] : []))
    const answer =
      taken.length === 0
        ? replies.unknownRecipient
        : await receive(this.#context, acceptedOf(message, octets, taken))
    const outcomes = found.map((one) => {
      const outcome = outcomeOf('reply' in one ? one.reply : answer)
      return { recipient: one.recipient, outcome }
    })
    // What SUCCESS asked for was told by `receive`.
    ends.finish(
      job,
      { outcomes, isReusable: true },
      {
        host: hostname,
        sendsReports: true,
        policy: 'local',
      },
    )
  }

  async #find(recipient: Recipient): Promise<Found> {
    const path = parsePath(recipient.address)
    if (path === undefined) return { recipient, reply: replies.unknownRecipient }
    const routed = await route(this.#context.store, path, { relays: false })
    if (!routed.ok) return { recipient, reply: routed.reply }
    const { notify, originalRecipient } = recipient
    const rcpt = {
      recipient: path,
      ...(notify !== undefined && { notify: notify.filter(isNotify) }),
      ...(originalRecipient !== undefined && { originalRecipient }),
    }
    return { recipient, taken: { rcpt, target: routed.target } }
  }
}

/** Each holds a message in memory. */
const AT_ONCE = 4

/** What others wrote comes in by the MX, which knows who sent it. */
function isForHere(message: ClaimedMessage, names: ReadonlySet<string>): boolean {
  return (
    message.account !== null && message.origin === 'submitted' && names.has(message.destination)
  )
}

function acceptedOf(
  message: ClaimedMessage,
  octets: Buffer,
  recipients: readonly AcceptedRecipient<Target>[],
): Accepted {
  const { sender, account, isEightBit, needsSmtpUtf8, envelopeId, returnContent } = message
  return {
    octets,
    envelope: {
      mail: {
        sender: parsePath(sender) ?? nullPath,
        isEightBit,
        isUtf8: needsSmtpUtf8,
        ...(message.requiresTls && { requiresTls: true }),
        ...(envelopeId !== undefined && { envelopeId }),
        ...(returnContent !== undefined && { ret: returnContent }),
      },
      recipients,
    },
    // It came from our own queue.
    session: {
      id: message.queueId,
      helo: undefined,
      isExtended: true,
      remoteAddress: '127.0.0.1',
      tls: undefined,
    },
    account,
    client: 'hidden',
    // For what an alias passes on from here.
    sending: {
      priority: message.priority,
      ...(message.authorDomain !== undefined && { authorDomain: message.authorDomain }),
    },
    receivedAt: new Date(),
    queueId: uuidToBase32(newUuid()),
  }
}

function outcomeOf(answer: Reply): RecipientOutcome {
  if (answer.code < 400) return { kind: 'delivered', reply: answer }
  if (answer.code >= 500) return { kind: 'bounced', reply: answer, local: true }
  return { kind: 'deferred', reply: answer, because: answer.text }
}

type Notify = 'never' | 'success' | 'failure' | 'delay'

function isNotify(word: string): word is Notify {
  return word === 'never' || word === 'success' || word === 'failure' || word === 'delay'
}

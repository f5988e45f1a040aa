import type { Job } from './job.ts'
import { nobody } from './judgement.ts'
import type { Lane, LaneContext } from './lane.ts'
import { durations } from './metrics.ts'
import { meaningOf } from './pace/answer-meaning.ts'
import { type PeerLimits, peerLimits } from './pace/peer-limits.ts'
import type { Permit, Permits } from './pace/permits.ts'
import type { BatchLimits } from './pace/recipient-batches.ts'
import type { Session } from './session-opener.ts'
import { protectionText } from './tls/protection-text.ts'
import type { Spelled } from './spelling/spell-for-peer.ts'
import { isSessionLost, sendMessage, type Sent } from './transaction.ts'

/** One connection, message after message, until there are no more, it has had its share, or it breaks. */
export class SessionUse {
  readonly #lane: Lane
  readonly #session: Session
  readonly #context: LaneContext
  readonly #limits: PeerLimits
  #isSending = false

  constructor(lane: Lane, session: Session, context: LaneContext) {
    this.#lane = lane
    this.#session = session
    this.#context = context
    this.#limits = peerLimits(session.client.extensions)
  }

  /** Uses it up; the first message goes with the permit that the connection was opened with. */
  async run(first: Permit, permits: Permits): Promise<void> {
    const { client } = this.#session
    const { backlog } = this.#lane
    let permit: Permit | undefined = first
    while (client.usable && !this.#isUsedUp()) {
      if (backlog.size === 0 && !(await this.#lane.moreWork())) break
      permit ??= await permits.ask(this.#context.limits.idleMs)
      if (permit === undefined) break
      const job = backlog.take()
      if (job === undefined) continue
      const goesOn = await this.#deliver(job, permit, permits)
      permit = undefined
      if (!goesOn) return
      this.#lane.progress()
    }
    if (permit !== undefined) permits.unused(permit)
    await client.quit()
  }

  /** Ends the connection if nothing has come of the message on it for long. */
  cutStalled(): void {
    const { client } = this.#session
    const { stuckMs, scanMs } = this.#context.limits
    const longestMs = client.isDotSent ? scanMs : stuckMs
    if (this.#isSending && client.stalledMs > longestMs) client.destroy()
  }

  /** As many messages as the host takes (RFC 9422, or learnt), and when others wait for the place, a fair share. */
  #isUsedUp(): boolean {
    const { gate } = this.#lane.group.pace
    if (this.#session.sent >= this.#mostMessages) return true
    return gate.isWanted && this.#session.sent >= this.#context.limits.fairShare
  }

  get #mostMessages(): number {
    return Math.min(this.#limits.messages, this.#lane.group.pace.learnt.maxMessages)
  }

  /** Sends one job; false when the connection is of no more use. */
  async #deliver(job: Job, permit: Permit, permits: Permits): Promise<boolean> {
    const { recorder, ends, contents } = this.#context
    await recorder.ready()
    try {
      const loaded = await this.#lane.contentOf(job)
      const { extensions } = this.#session.client
      const content = loaded && (await contents.forPeer(job, loaded, extensions))
      if (content?.kind === 'ready') {
        if (job.lease.isValid && !this.#lane.isStopped) return await this.#send(job, content)
      }
      permits.unused(permit)
      if (this.#lane.isStopped) {
        job.letGo()
        return false
      }
      if (content?.kind === 'withheld') {
        ends.end(job, { kind: 'deferred', because: content.because }, nobody)
      } else ends.drop(job)
      return true
    } catch (error) {
      ends.drop(job)
      throw error
    }
  }

  async #send(
    job: Job,
    { message, pieces }: Extract<Spelled, { readonly kind: 'ready' }>,
  ): Promise<boolean> {
    const { ends, limits, paces, signal } = this.#context
    const { client, hop, security } = this.#session
    const tls = protectionText(this.#session)
    const sendsReports = client.extensions.has('DSN')
    const peer = { host: hop.host, sendsReports, tls, policy: security.policy }
    job.isBegun = true
    this.#isSending = true
    const begunAt = paces.now()
    const begun = performance.now()
    // A host that always says something in time, and never comes to an end, holds a place and memory for nothing.
    const longestMs = limits.transactionMs + job.message.size / SLOWEST_PER_MS
    const cap = setTimeout(() => client.destroy(), longestMs)
    const transactions = this.#mostMessages - this.#session.sent
    const sent = await sendMessage(client, message, pieces, {
      batch: this.#batchLimits(),
      transactions,
      signal,
    })
    clearTimeout(cap)
    this.#isSending = false
    durations.observeSince({}, begun)
    if (isSessionLost(sent)) {
      this.#lane.group.pace.learnt.closed(this.#session.sent)
      if (this.#lane.move(job, this.#session)) return false
    }
    this.#session.sent += sent.transactions ?? 1
    this.#tellPace(sent, begunAt)
    const { left = [] } = sent
    if (left.length > 0) this.#lane.goOn(job, left)
    ends.finish(job, sent, peer)
    return sent.isReusable
  }

  #batchLimits(): BatchLimits {
    const { maxRecipients } = this.#session.client
    const { learnt } = this.#lane.group.pace
    return {
      recipients: Math.min(maxRecipients, learnt.maxRecipients),
      domains: this.#limits.domains,
    }
  }

  #tellPace({ outcomes, tooMany }: Sent, begunAt: number): void {
    const { host } = this.#session.hop
    const { pace } = this.#lane.group
    if (tooMany !== undefined) pace.learnt.tooMany(tooMany)
    const meaning = meaningOf(
      outcomes.map(({ outcome }) => outcome),
      host,
    )
    pace.answered(meaning, host, { begunAt, now: this.#context.paces.now() })
  }
}

/** Octets: 4 KiB a second. */
const SLOWEST_PER_MS = 4

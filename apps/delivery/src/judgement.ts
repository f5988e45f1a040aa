import type { DsnRecipient } from '@posthouse/message'
import { describeReply, type RecipientOutcome, reply, type Reply } from '@posthouse/smtp'
import {
  type AttemptOutcome,
  type ClaimedRecipient,
  delayNoticeSeconds,
  type RemoteReply,
  retryDelaySeconds,
} from '@posthouse/store'
import type { Job } from './job.ts'

/** What the sender is told of. */
export type NoticeKind = 'failure' | 'delay' | 'success'

/** An attempt's end for one recipient, and what the sender is to be told about it. */
export interface Judgement {
  readonly outcome: AttemptOutcome
  readonly notice: { readonly kind: NoticeKind; readonly recipient: DsnRecipient } | undefined
}

/** Who was asked, and what of it matters for reports. */
export interface Peer {
  /** Undefined when no host was reached. */
  readonly host: string | undefined
  /** It promised to send reports itself (RFC 3461 §5.2.2). */
  readonly sendsReports: boolean
}

/** Nobody was asked. */
export const nobody: Peer = { host: undefined, sendsReports: false }

/**
 * Turns what happened to a recipient into what is recorded. What may be tried again is, until the
 * message is too old; the sender hears of a failure, of a first long delay, and of success where
 * NOTIFY asked for it and the next host will not tell (RFC 3461 §4.1, §5.2).
 */
export function judge(
  job: Job,
  recipient: ClaimedRecipient,
  what: RecipientOutcome,
  peer: Peer,
): Judgement {
  if (what.kind === 'delivered') return delivered(job, recipient, what.reply, peer)
  if (what.kind === 'bounced') return failed(job, recipient, what.reply, what.local ? nobody : peer)
  const retryIn = retryDelaySeconds(recipient.attempt)
  if (job.ageSeconds + retryIn > job.message.lifetimeSeconds)
    return expired(job, recipient, what, peer)
  return postponed(job, recipient, what, { peer, retryIn })
}

function delivered(job: Job, recipient: ClaimedRecipient, answer: Reply, peer: Peer): Judgement {
  const outcome = {
    ...keyOf(job, recipient),
    kind: 'delivered',
    reply: remote(answer, peer),
  } as const
  if (peer.sendsReports || !wants(recipient, 'success')) return { outcome, notice: undefined }
  const about = describe(recipient, 'relayed', answer.enhanced ?? '2.0.0', peer, answer)
  return { outcome, notice: { kind: 'success', recipient: about } }
}

function failed(job: Job, recipient: ClaimedRecipient, answer: Reply, peer: Peer): Judgement {
  const outcome = {
    ...keyOf(job, recipient),
    kind: 'bounced',
    reply: remote(answer, peer),
  } as const
  if (!wants(recipient, 'failure')) return { outcome, notice: undefined }
  const status = answer.enhanced ?? '5.0.0'
  const about = describe(recipient, 'failed', status, peer, answer)
  return { outcome, notice: { kind: 'failure', recipient: about } }
}

type Postponable = Extract<RecipientOutcome, { kind: 'deferred' | 'unknown' }>

/** Given up for its age: 4.4.7 become permanent (RFC 3463 §3.5), with the last words of the host. */
function expired(job: Job, recipient: ClaimedRecipient, what: Postponable, peer: Peer): Judgement {
  const last = replyOf(what)
  const answer = reply(last.code, '5.4.7', last.text)
  const { outcome, notice } = failed(job, recipient, answer, peer)
  if (notice === undefined) return { outcome, notice }
  const { reply: _, ...about } = notice.recipient
  const words = wordsOf(what, peer)
  return {
    outcome,
    notice: {
      kind: 'failure',
      recipient: words === undefined ? about : { ...about, reply: words },
    },
  }
}

function postponed(
  job: Job,
  recipient: ClaimedRecipient,
  what: Postponable,
  { peer, retryIn }: { peer: Peer; retryIn: number },
): Judgement {
  const answer = replyOf(what)
  const outcome = {
    ...keyOf(job, recipient),
    kind: what.kind,
    reply: remote(answer, peer),
    retryInSeconds: retryIn,
  }
  const isLate = job.ageSeconds >= delayNoticeSeconds && !recipient.isDelayTold
  if (!isLate || !wants(recipient, 'delay')) return { outcome, notice: undefined }
  const about = describe(recipient, 'delayed', answer.enhanced ?? '4.0.0', peer, undefined)
  const words = wordsOf(what, peer)
  const leftSeconds = job.message.lifetimeSeconds - job.ageSeconds
  const retryUntil = new Date(Date.now() + leftSeconds * 1000)
  return {
    outcome,
    notice: {
      kind: 'delay',
      recipient: { ...about, retryUntil, ...(words === undefined ? {} : { reply: words }) },
    },
  }
}

function describe(
  recipient: ClaimedRecipient,
  action: DsnRecipient['action'],
  status: string,
  peer: Peer,
  answer: Reply | undefined,
): DsnRecipient {
  const { address, originalRecipient } = recipient
  return {
    address,
    action,
    status,
    ...(originalRecipient === undefined ? {} : { original: originalRecipient }),
    ...(peer.host === undefined ? {} : { remoteMta: peer.host }),
    ...(answer === undefined ? {} : wordsFor(answer, peer)),
    lastAttempt: new Date(),
  }
}

/** What a host said is quoted; what we found out ourselves is said in our own name. */
function wordsFor(answer: Reply, peer: Peer): Partial<DsnRecipient> {
  return peer.host === undefined ? { explanation: answer.text } : { reply: describeReply(answer) }
}

function wordsOf(what: Postponable, peer: Peer): string | undefined {
  if (what.kind === 'deferred' && what.reply !== undefined && peer.host !== undefined) {
    return describeReply(what.reply)
  }
  return undefined
}

/** A reply of the peer, or one of ours for what is no reply: 4.4.2 for a connection that broke. */
function replyOf(what: Postponable): Reply {
  if (what.kind === 'deferred' && what.reply !== undefined) return what.reply
  return reply(451, what.kind === 'unknown' ? '4.4.2' : '4.4.1', what.because)
}

function remote(answer: Reply, peer: Peer): RemoteReply {
  return { host: peer.host, code: answer.code, enhanced: answer.enhanced, text: answer.text }
}

/** NOTIFY; without it failure and delay (RFC 3461 §4.1). */
function wants(recipient: ClaimedRecipient, kind: NoticeKind): boolean {
  return (recipient.notify ?? ['failure', 'delay']).includes(kind)
}

function keyOf(job: Job, recipient: ClaimedRecipient): { queueId: string; n: number } {
  return { queueId: job.message.queueId, n: recipient.n }
}

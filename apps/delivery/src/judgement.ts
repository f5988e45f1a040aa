import type { DsnRecipient } from '@posthouse/message'
import {
  type Cause,
  causeNamed,
  causeOf,
  type RecipientOutcome,
  reply,
  type Reply,
} from '@posthouse/smtp'
import {
  type AttemptOutcome,
  type ClaimedRecipient,
  delayNoticeSeconds,
  type RemoteReply,
  retryDelaySeconds,
} from '@posthouse/store'
import type { Job } from './job.ts'
import { describeFate, type Fate, nobody, type NoticeKind, type Peer, wants } from './notice.ts'
import { doubtRemark, sizeRemark, spanOf } from './remarks.ts'

export { nobody, type NoticeKind, type Peer } from './notice.ts'

/** An attempt's end for one recipient, and what the sender is to be told about it. */
export interface Judgement {
  readonly outcome: AttemptOutcome
  readonly notice: { readonly kind: NoticeKind; readonly recipient: DsnRecipient } | undefined
}

type Postponable = Extract<RecipientOutcome, { kind: 'deferred' | 'unknown' }>

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
  if (what.kind === 'bounced') return refused(job, recipient, what, peer)
  if (what.kind === 'unknown' && (recipient.unknowns ?? 0) + 1 >= MAX_UNKNOWNS) {
    return givenUp(job, recipient, what, peer)
  }
  const retryIn = retryDelaySeconds(recipient.attempt)
  if (job.ageSeconds + retryIn > job.message.lifetimeSeconds) {
    return expired(job, recipient, what, peer)
  }
  return postponed(job, recipient, what, { peer, retryIn })
}

function delivered(job: Job, recipient: ClaimedRecipient, answer: Reply, peer: Peer): Judgement {
  const outcome = {
    ...keyOf(job, recipient),
    kind: 'delivered',
    reply: remote(answer, peer),
  } as const
  if (peer.sendsReports || !wants(recipient, 'success')) return { outcome, notice: undefined }
  const fate = { action: 'relayed', status: answer.enhanced ?? '2.0.0', answer } as const
  return { outcome, notice: { kind: 'success', recipient: describeFate(recipient, fate, peer) } }
}

/** Refused by the host, or by ourselves (`local`), who then have said why in words for the sender. */
function refused(
  job: Job,
  recipient: ClaimedRecipient,
  { reply: answer, local }: Extract<RecipientOutcome, { kind: 'bounced' }>,
  peer: Peer,
): Judgement {
  const cause = causeOf(answer, local ? undefined : peer.host)
  const fate = { action: 'failed', status: answer.enhanced ?? '5.0.0', cause } as const
  return failed(job, recipient, answer, {
    fate: local
      ? { ...fate, remark: answer.text }
      : { ...fate, answer, remark: sizeRemark(job, cause) },
    peer: local ? nobody : peer,
  })
}

function failed(
  job: Job,
  recipient: ClaimedRecipient,
  answer: Reply,
  { fate, peer }: { readonly fate: Fate; readonly peer: Peer },
): Judgement {
  const outcome = {
    ...keyOf(job, recipient),
    kind: 'bounced',
    reply: remote(answer, peer),
  } as const
  if (!wants(recipient, 'failure')) return { outcome, notice: undefined }
  return { outcome, notice: { kind: 'failure', recipient: describeFate(recipient, fate, peer) } }
}

/** Too often unknown: one more try is one more copy, if they arrived. RFC 3463 §3.5 has no permanent code for it. */
function givenUp(
  job: Job,
  recipient: ClaimedRecipient,
  what: Extract<RecipientOutcome, { kind: 'unknown' }>,
  peer: Peer,
): Judgement {
  const cause = causeFor(what, peer)
  const remark = `That happened ${MAX_UNKNOWNS} times, so it is not tried again: each try may have brought a copy.`
  return failed(job, recipient, replyOf(what), {
    fate: { action: 'failed', status: '4.4.2', cause, remark },
    peer,
  })
}

/** Given up for its age: 4.4.7 become permanent (RFC 3463 §3.5), with the last words of the host. */
function expired(job: Job, recipient: ClaimedRecipient, what: Postponable, peer: Peer): Judgement {
  const last = replyOf(what)
  const tried = recipient.attempt === 1 ? 'once' : `${recipient.attempt} times`
  return failed(job, recipient, reply(last.code, '5.4.7', last.text), {
    fate: {
      action: 'failed',
      status: '5.4.7',
      cause: causeFor(what, peer),
      answer: wordsOf(what),
      remark: `It was tried ${tried} in ${spanOf(job.ageSeconds)}.${doubtRemark(recipient, what)}`,
    },
    peer,
  })
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
  const leftSeconds = job.message.lifetimeSeconds - job.ageSeconds
  const fate = {
    action: 'delayed',
    status: answer.enhanced ?? '4.0.0',
    cause: causeFor(what, peer),
    answer: wordsOf(what),
    retryUntil: new Date(Date.now() + leftSeconds * 1000),
  } as const
  return { outcome, notice: { kind: 'delay', recipient: describeFate(recipient, fate, peer) } }
}

function causeFor(what: Postponable, peer: Peer): Cause {
  return what.kind === 'unknown' ? causeNamed('perhaps-arrived') : causeOf(replyOf(what), peer.host)
}

/** What the host said: nothing where the connection told. */
function wordsOf(what: Postponable): Reply | undefined {
  return what.kind === 'deferred' ? what.reply : undefined
}

/**
 * A reply of the peer, or one of ours for what is no reply (RFC 3463 §3.5): 4.4.2 for a connection that broke, 4.4.1 for a host
 * that did not answer.
 */
function replyOf(what: Postponable): Reply {
  if (what.kind === 'unknown') return reply(451, '4.4.2', what.because)
  return what.reply ?? reply(451, what.status ?? '4.4.1', what.because)
}

function remote(answer: Reply, peer: Peer): RemoteReply {
  const { code, enhanced, text } = answer
  return { host: peer.host, code, enhanced, text, ...(peer.tls !== undefined && { tls: peer.tls }) }
}

/**
 * The policy for *unknown* outcomes: tried again like what was put off, because mail that is lost is worse than mail that
 * comes twice, but no more than this often, because a host that always breaks at the end may deliver each time.
 */
const MAX_UNKNOWNS = 3

function keyOf(job: Job, recipient: ClaimedRecipient): { queueId: string; n: number } {
  return { queueId: job.message.queueId, n: recipient.n }
}

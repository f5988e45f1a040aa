import {
  type Notify,
  type OutboundMessage,
  type RecipientOutcome,
  type SmtpClient,
} from '@posthouse/smtp'
import type { ClaimedMessage, ClaimedRecipient } from '@posthouse/store'
import { type BatchLimits, nextBatch } from './pace/recipient-batches.ts'
import { verpSender } from './verp.ts'

/** What became of a message's recipients on one session. */
export interface Sent {
  readonly outcomes: readonly {
    readonly recipient: ClaimedRecipient
    readonly outcome: RecipientOutcome
  }[]
  /** The session can take another message. */
  readonly isReusable: boolean
  /** Transactions that it took, where any. */
  readonly transactions?: number
  /** Those that this session has no transaction left for. */
  readonly left?: readonly ClaimedRecipient[]
  /** The host took so many recipients in a transaction, and had enough. */
  readonly tooMany?: number
}

/** What a session may be asked, and until when. */
export interface SendBounds {
  readonly batch: BatchLimits
  /** Transactions that it still takes. */
  readonly transactions: number
  readonly signal: AbortSignal
}

/**
 * Sends a message to all its recipients, in as many transactions as the host's limit calls for.
 * Those for whom it says "too many recipients" come in the next one (RFC 5321 §4.5.3.1.10).
 */
export async function sendMessage(
  client: SmtpClient,
  message: ClaimedMessage,
  pieces: readonly Buffer[],
  { batch, transactions: mostTransactions, signal }: SendBounds,
): Promise<Sent> {
  const outcomes: { recipient: ClaimedRecipient; outcome: RecipientOutcome }[] = []
  let left = message.recipients
  let isReusable = true
  let transactions = 0
  let tooMany: number | undefined
  while (left.length > 0 && (transactions === 0 || transactions < mostTransactions)) {
    if (!isReusable) {
      outcomes.push(...left.map((recipient) => ({ recipient, outcome: CLOSED })))
      left = []
      break
    }
    // A sender that names the recipient can name one.
    const most = message.isVerp === true ? 1 : batch.recipients
    const recipients = Math.min(most, tooMany ?? Infinity)
    const now = nextBatch(left, { ...batch, recipients })
    const result = await client.send(envelopeOf(message, now, pieces), signal)
    transactions += 1
    isReusable = result.reusable
    const ends = now.map((recipient, at) => ({
      recipient,
      outcome: result.recipients[at]?.outcome ?? CLOSED,
    }))
    const isProgress = ends.some(({ outcome }) => outcome.kind === 'delivered')
    const again = isProgress ? ends.filter(({ outcome }) => isTooMany(outcome)) : []
    if (again.length > 0) tooMany = ends.findIndex(({ outcome }) => isTooMany(outcome))
    outcomes.push(...ends.filter((end) => !again.includes(end)))
    left = remaining(left, now, again)
  }
  return { outcomes, isReusable, transactions, left, ...(tooMany === undefined ? {} : { tooMany }) }
}

/** Those that are to come again, and those whose turn has not been. */
function remaining(
  left: readonly ClaimedRecipient[],
  now: readonly ClaimedRecipient[],
  again: readonly { readonly recipient: ClaimedRecipient }[],
): readonly ClaimedRecipient[] {
  if (now.length === left.length && again.length === 0) return []
  const gone = new Set(now)
  for (const { recipient } of again) gone.delete(recipient)
  return left.filter((recipient) => !gone.has(recipient))
}

/**
 * Whether the session failed and not the message: no recipient got a reply, or all got 421. It may
 * be tried at once at the next address (RFC 5321 §5.1): the final dot was never sent.
 */
export function isSessionLost({ outcomes }: Sent): boolean {
  return outcomes.every(
    ({ outcome }) =>
      outcome.kind === 'deferred' && (outcome.reply === undefined || outcome.reply.code === 421),
  )
}

/** 452, or the 552 that older servers say for it; not a full mailbox (4.2.2) or disk (4.3.1). */
function isTooMany(outcome: RecipientOutcome): boolean {
  if (outcome.kind !== 'deferred' || outcome.reply === undefined) return false
  const { code, enhanced } = outcome.reply
  return (code === 452 || code === 552) && (enhanced === undefined || enhanced.endsWith('.5.3'))
}

function envelopeOf(
  message: ClaimedMessage,
  recipients: readonly ClaimedRecipient[],
  pieces: readonly Buffer[],
): OutboundMessage {
  const { sender, isEightBit, needsSmtpUtf8, requiresTls, envelopeId, returnContent } = message
  const [only] = message.isVerp === true ? recipients : []
  return {
    sender: only === undefined ? sender : verpSender(sender, only.address),
    recipients: recipients.map(({ address, notify, originalRecipient }) => ({
      address,
      ...(notify === undefined ? {} : { notify: notify.filter(isNotify) }),
      ...(originalRecipient === undefined ? {} : { originalRecipient }),
    })),
    octets: pieces,
    isEightBit,
    needsSmtpUtf8,
    requiresTls,
    ...(returnContent === undefined ? {} : { returnContent }),
    ...(envelopeId === undefined ? {} : { envelopeId }),
  }
}

function isNotify(word: string): word is Notify {
  return NOTIFY.has(word)
}

const NOTIFY: ReadonlySet<string> = new Set<Notify>(['never', 'success', 'failure', 'delay'])
const CLOSED: RecipientOutcome = { kind: 'deferred', because: 'The connection was closed' }

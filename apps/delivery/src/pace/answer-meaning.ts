import { causeOf, type RecipientOutcome, type Reply } from '@posthouse/smtp'
import type { PaceReason } from '@posthouse/store'

/**
 * What an answer says about the pace at which its provider is to be asked:
 * - `taken`: it takes mail from us.
 * - `heard`: it deals with us, and this message or this recipient was the matter (no such mailbox, greylisting, a full one).
 * - `slower`: we are too fast for it, it is busy, or it doubts us for the time being.
 * - `unwanted`: it refuses us, finally.
 * - `trouble`: it cannot at the moment, or broke off.
 */
export type Meaning =
  | { readonly kind: 'taken' }
  | { readonly kind: 'heard' }
  | { readonly kind: 'slower'; readonly because: PaceReason; readonly reply: Reply }
  | { readonly kind: 'unwanted'; readonly reply: Reply }
  | { readonly kind: 'trouble'; readonly reply: Reply | undefined; readonly text: string }

/** A meaning that speaks against going on as before. */
export type Complaint = Exclude<Meaning, { readonly kind: 'taken' | 'heard' }>

/** What is kept as the reason, where it leads to something. */
export function reasonOf(complaint: Complaint): PaceReason {
  if (complaint.kind === 'slower') return complaint.because
  return complaint.kind === 'unwanted' ? 'reputation' : 'refused'
}

/** The meaning of what became of a message's recipients: one that was taken outweighs all others, then what is worst counts. */
export function meaningOf(
  outcomes: readonly RecipientOutcome[],
  host: string | undefined,
): Meaning {
  const meanings = outcomes.map((outcome) => meaningOfOne(outcome, host))
  for (const kind of WEIGHT) {
    const found = meanings.find((meaning) => meaning.kind === kind)
    if (found !== undefined) return found
  }
  return { kind: 'heard' }
}

const WEIGHT = ['taken', 'unwanted', 'slower', 'trouble', 'heard'] as const

function meaningOfOne(outcome: RecipientOutcome, host: string | undefined): Meaning {
  if (outcome.kind === 'delivered') return { kind: 'taken' }
  if (outcome.kind === 'unknown') {
    return { kind: 'trouble', reply: undefined, text: outcome.because }
  }
  if (outcome.kind === 'bounced') {
    return outcome.local ? { kind: 'heard' } : ofRefusal(outcome.reply, host)
  }
  const { reply, because } = outcome
  return reply === undefined ? { kind: 'trouble', reply, text: because } : ofDelay(reply, host)
}

function ofRefusal(reply: Reply, host: string | undefined): Meaning {
  const { kind, isAboutUs } = causeOf(reply, host)
  const isAgainstUs = kind === 'reputation' || kind === 'rate' || (kind === 'policy' && isAboutUs)
  return isAgainstUs ? { kind: 'unwanted', reply } : { kind: 'heard' }
}

/** 421 is said by who will not go on with us now (RFC 5321 §3.8, §4.2.4), whatever the words. */
function ofDelay(reply: Reply, host: string | undefined): Meaning {
  const { kind } = causeOf(reply, host)
  if (kind === 'reputation') return { kind: 'slower', because: 'reputation', reply }
  if (kind === 'rate' || (reply.code === 421 && kind !== 'greylisting')) {
    return { kind: 'slower', because: 'rate', reply }
  }
  if (HARMLESS.has(kind)) return { kind: 'heard' }
  return { kind: 'trouble', reply, text: reply.text }
}

/** Causes that have nothing to do with how much we send. */
const HARMLESS: ReadonlySet<string> = new Set([
  'address',
  'domain',
  'full',
  'greylisting',
  'authentication',
  'size',
  'content',
  'recipients',
  'protocol',
])

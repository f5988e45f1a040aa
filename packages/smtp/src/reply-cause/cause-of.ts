import type { Reply } from '../reply.ts'
import { type Cause, type CauseId, causeNamed } from './cause.ts'
import { exactCause, generalCause } from './enhanced-causes.ts'
import { matchOf, type ReadReply } from './reply-pattern.ts'
import { ownPatterns } from './own-patterns.ts'
import { providerPatterns } from './provider-patterns.ts'
import { plainPatterns } from './plain-patterns.ts'
import { weakPatterns } from './weak-patterns.ts'

/** Most of a reply that is looked at. */
const MAX_TEXT = 2048

/**
 * Why a host did not take a message; without a host, why we did not. In this order: words that a large provider means one thing by; words that mean the same
 * everywhere; the enhanced code; words that only hint; what the codes let guess. Pure; time grows with the text's length only.
 */
export function causeOf(answer: Reply, host?: string): Cause {
  const read = readReply(answer, host)
  const id =
    (host === undefined ? matchOf(ownPatterns, read) : undefined) ??
    matchOf(providerPatterns, read) ??
    matchOf(plainPatterns, read) ??
    exactCause(answer.enhanced) ??
    matchOf(weakPatterns, read) ??
    generalCause(answer.enhanced, read.isFinal) ??
    byCode[answer.code] ??
    (read.isFinal ? 'refused' : 'put-off')
  return causeNamed(id)
}

/**
 * Lower case, one space between words, and without whatever holds an `@`: the recipient's address, which the host repeats,
 * says nothing about the cause, whatever words are in it. Codes that stand at the beginning of each line go too.
 */
function readReply(answer: Reply, host: string | undefined): ReadReply {
  const words = answer.text.slice(0, MAX_TEXT).toLowerCase().split(/\s+/)
  const kept = words.filter((word) => !word.includes('@') && !isCode(word))
  return {
    text: ` ${kept.join(' ')} `,
    host: host?.toLowerCase() ?? '',
    enhanced: answer.enhanced,
    isFinal: answer.code >= 500,
  }
}

/** `550-5.7.26`, `550`, `5.7.26`: of a reply of several lines that somebody has put into one. */
function isCode(word: string): boolean {
  return word.length <= 13 && /^(?:[45]\d\d|(?:[45]\d\d-)?[45]\.\d{1,3}\.\d{1,3})$/.test(word)
}

/** RFC 5321 §4.2.2, §4.2.3; RFC 7504 §3 (521, 556). */
const byCode: Readonly<Record<number, CauseId>> = {
  421: 'their-trouble',
  431: 'their-space',
  451: 'their-trouble',
  452: 'their-space',
  454: 'needs-tls',
  500: 'protocol',
  501: 'protocol',
  502: 'protocol',
  503: 'protocol',
  504: 'protocol',
  521: 'null-mx',
  530: 'restricted',
  551: 'moved',
  552: 'mailbox-full',
  553: 'bad-address',
  555: 'protocol',
  556: 'null-mx',
}

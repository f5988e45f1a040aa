import type { CauseId } from './cause.ts'

/**
 * What enhanced codes say, by subject and detail (RFC 3463 §3, RFC 5248 and the IANA registry it made, RFC 7372, 7505, 8689;
 * from `7.500` on what large providers have added for themselves). Those that say too little are not here.
 */
const exact: Readonly<Record<string, CauseId>> = {
  '1.1': 'no-mailbox',
  '1.2': 'no-domain',
  '1.3': 'bad-address',
  '1.4': 'bad-address',
  '1.6': 'moved',
  '1.7': 'sender-refused',
  '1.8': 'sender-domain',
  '1.9': 'not-theirs',
  '1.10': 'null-mx',
  '2.1': 'mailbox-disabled',
  '2.2': 'mailbox-full',
  '2.3': 'too-large',
  '3.1': 'their-space',
  '3.2': 'their-trouble',
  '3.3': 'protocol',
  '3.4': 'too-large',
  '3.5': 'their-trouble',
  '4.1': 'unreachable',
  '4.2': 'connection-lost',
  '4.3': 'no-dns',
  '4.4': 'no-host',
  '4.5': 'their-trouble',
  '4.6': 'loop',
  '4.7': 'expired',
  '5.3': 'too-many-recipients',
  '6.1': 'malformed',
  '6.2': 'conversion',
  '6.3': 'conversion',
  '6.5': 'conversion',
  '6.6': 'malformed',
  '6.7': 'unicode',
  '6.8': 'unicode',
  '6.9': 'unicode',
  '7.2': 'restricted',
  '7.4': 'needs-tls',
  '7.10': 'needs-tls',
  '7.11': 'needs-tls',
  '7.13': 'mailbox-disabled',
  '7.17': 'mailbox-disabled',
  '7.18': 'no-domain',
  '7.20': 'unauthenticated',
  '7.21': 'unauthenticated',
  '7.22': 'unauthenticated',
  '7.23': 'unauthenticated',
  '7.24': 'unauthenticated',
  '7.25': 'reverse-name',
  '7.26': 'unauthenticated',
  '7.27': 'sender-domain',
  '7.28': 'too-many-messages',
  '7.29': 'unauthenticated',
  '7.30': 'tls-promise',
}

/** A subject as a whole, where nothing else is known (RFC 3463 §2). */
const general: Readonly<Record<string, CauseId>> = {
  '1': 'bad-address',
  '3': 'their-trouble',
  '4': 'unreachable',
  '5': 'protocol',
  '6': 'malformed',
  '7': 'policy',
}

const VAGUE: ReadonlySet<string> = new Set(['1', '5'])

/** The cause that an enhanced code names by itself. */
export function exactCause(enhanced: string | undefined): CauseId | undefined {
  return enhanced === undefined ? undefined : exact[enhanced.slice(2)]
}

/** What its subject lets guess. */
export function generalCause(enhanced: string | undefined, isFinal: boolean): CauseId | undefined {
  const [, subject = '', detail = '0'] = enhanced?.split('.') ?? []
  // "Other" of a subject, X.X.0, is said for anything.
  if (detail === '0' && VAGUE.has(subject)) return undefined
  // And so are 4.7.0 and 4.7.1 for what a host puts off.
  return subject === '7' && !isFinal ? undefined : general[subject]
}

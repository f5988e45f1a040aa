import { AGAIN, DOMAIN, OUR_OPERATOR } from './cause-advice.ts'
import type { CauseEntry } from './cause-entry.ts'

/** Causes that lie with the message, and with the way to the other server. */
export const wayCauses = {
  spam: {
    kind: 'content',
    say: 'The filter of the other side takes the message for spam.',
    next: 'Word it differently, without links, or ask the recipient to allow your address.',
  },
  virus: {
    kind: 'content',
    say: 'The other side found a virus, or an attachment of a forbidden kind.',
    next: 'Check your computer for viruses, or send the file in another way.',
  },
  malformed: {
    kind: 'content',
    say: 'The other server finds that the message is not formed as mail must be.',
    next: 'Send it with another mail program, or ask whoever runs your mail server.',
  },
  'too-large': {
    kind: 'size',
    say: 'The message is larger than the other side accepts.',
    next: 'Send a smaller message, or a link to the file instead of the file.',
  },
  'needs-tls': {
    kind: 'tls',
    say: 'The connection to the other server could not be protected as it must be.',
    next: OUR_OPERATOR,
    operator: "Try it: posthouse probe ADDRESS shows the other server's TLS.",
  },
  'tls-promise': {
    kind: 'tls',
    say: 'You asked for protection (TLS) on the whole way, which the other server cannot promise.',
    next: 'Send it without that demand, or reach the recipient in another way.',
  },
  unreachable: {
    kind: 'network',
    say: 'No mail server of the domain could be reached.',
    next: DOMAIN,
    operator: 'Try it: posthouse probe ADDRESS. If every domain fails, port 25 is blocked here.',
  },
  'connection-lost': {
    kind: 'network',
    say: 'The connection to the other server broke.',
    next: AGAIN,
  },
  'no-dns': {
    kind: 'network',
    say: 'The mail server of the domain could not be looked up.',
    next: DOMAIN,
    operator: 'Try it: posthouse route test ADDRESS.',
  },
  loop: {
    kind: 'loop',
    say: 'The mail for this address goes round in a circle between servers.',
    next: 'Tell the recipient, in another way, that mail to them goes round in a circle.',
    operator: 'See where mail for the address goes: posthouse route test ADDRESS.',
  },
  'their-trouble': {
    kind: 'system',
    say: 'The other server has trouble of its own and cannot take the message.',
    next: AGAIN,
  },
  'their-space': {
    kind: 'system',
    say: 'The other server has no room left for mail.',
    next: AGAIN,
  },
  'too-many-recipients': {
    kind: 'recipients',
    say: 'The message has more recipients than the other server takes.',
    next: 'Send it to fewer people at a time.',
  },
  unicode: {
    kind: 'protocol',
    say: 'An address or the header is written in Unicode, which the other server does not take.',
    next: 'Use an address and a subject in plain letters, or ask the recipient for another address.',
  },
  conversion: {
    kind: 'protocol',
    say: 'The message holds 8-bit text, which the other server does not take.',
    next: 'Send it as plain text, or attach the text as a file.',
  },
  protocol: {
    kind: 'protocol',
    say: 'The two mail servers did not understand each other.',
    next: OUR_OPERATOR,
  },
  expired: {
    kind: 'system',
    say: 'The message could not be passed on in the time that it had.',
    next: AGAIN,
  },
  'perhaps-arrived': {
    kind: 'unknown',
    say: 'The connection broke as the other server confirmed: the message may have arrived.',
    next: 'Ask the recipient whether it came before you send it again.',
  },
  refused: {
    kind: 'other',
    say: 'The other server refuses the message.',
    next: 'Ask the recipient, in another way, why their server refuses it.',
  },
  'put-off': {
    kind: 'other',
    say: 'The other server does not take the message at the moment.',
    next: AGAIN,
  },
} as const satisfies Readonly<Record<string, CauseEntry>>

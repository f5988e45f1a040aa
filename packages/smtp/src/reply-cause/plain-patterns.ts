import { mailboxPatterns } from './mailbox-patterns.ts'
import type { ReplyPattern } from './reply-pattern.ts'

/** Words that mean one thing whoever says them, whatever code they stand beside. The narrower first. */
export const plainPatterns: readonly ReplyPattern[] = [
  {
    cause: 'greylisting',
    texts: ['greylist', 'graylist', 'grey list', 'gray list', 'grey-list'],
    isFinal: false,
  },
  {
    cause: 'greylisting',
    texts: ['verification in progress', 'unverified address'],
    isFinal: false,
  },
  { cause: 'malformed', texts: ['duplicate header', 'addresses in from: header'] },
  { cause: 'expired', texts: ['message expired', 'delivery time expired'] },
  { cause: 'their-space', texts: ['insufficient disk', 'disk full'] },
  { cause: 'policy', texts: ['rejected by destination domain'] },
  {
    cause: 'null-mx',
    texts: ['does not accept mail', 'does not accept email', 'null mx'],
    codes: ['5.1.10', '5.3.2'],
  },
  { cause: 'loop', texts: ['too many hops', 'mail loop', 'routing loop', 'hop count exceeded'] },
  { cause: 'loop', texts: ['loops back to myself', 'too many received', 'delivery loop'] },
  {
    cause: 'block-list',
    texts: ['spamhaus', 'blocked using', 'spamcop', 'sorbs.net', 'uceprotect', 'dnsbl', 'rbldns'],
  },
  {
    cause: 'block-list',
    texts: ['blacklist', 'blocklist', 'block list', 'black list', 'denylist', '/rbl/', ' rbl '],
  },
  {
    cause: 'reverse-name',
    texts: [
      'reverse dns',
      'rdns',
      'reverse lookup',
      ' ptr record',
      'no ptr',
      'cannot find your reverse',
    ],
  },
  {
    cause: 'reverse-name',
    texts: ['reverse hostname', 'reverse host name', 'unresolvable reverse'],
  },
  {
    cause: 'greeting',
    texts: ['helo command rejected', 'ehlo command rejected', 'invalid helo', 'bad helo'],
  },
  {
    cause: 'unauthenticated',
    texts: ['dmarc', 'dkim', ' spf ', 'spf check', 'spf fail', '(spf', 'spf record', 'openspf'],
  },
  {
    cause: 'unauthenticated',
    texts: ['unauthenticated', 'does not have authentication information', 'mismatches client ip'],
  },
  {
    cause: 'sender-domain',
    texts: ['domain of sender address', 'sender address rejected: domain not found'],
  },
  {
    cause: 'sender-domain',
    texts: ['sender domain must resolve', 'sender verify failed', 'sender domain not found'],
  },
  ...mailboxPatterns,
  {
    cause: 'not-theirs',
    texts: ['relay access denied', 'relaying denied', 'unable to relay', 'relay not permitted'],
  },
  { cause: 'not-theirs', texts: ['not permitted to relay', 'relaying not allowed', 'open relay'] },
  {
    cause: 'too-many-connections',
    texts: ['connection rate', 'too many connections', 'too many concurrent', 'too many sessions'],
  },
  {
    cause: 'too-many-messages',
    texts: [
      'rate limit',
      'ratelimit',
      'throttl',
      'too many messages',
      'sending too fast',
      'too fast',
    ],
  },
  {
    cause: 'too-many-messages',
    texts: [
      'too much mail',
      'message rate',
      'exceeded the rate',
      'try again slower',
      'max emails per',
    ],
  },
  { cause: 'too-many-recipients', texts: ['too many recipients'] },
  {
    cause: 'virus',
    texts: ['virus', 'malware', 'infected', 'potential security issue', 'presents a potential'],
  },
  { cause: 'virus', texts: ['banned attachment', 'attachment type', 'executable attachment'] },
  {
    cause: 'needs-tls',
    texts: ['must issue a starttls', 'starttls required', 'starttls first', 'tls required'],
  },
  { cause: 'needs-tls', texts: ['encryption required', 'requires encryption', 'tls is required'] },
  { cause: 'unicode', texts: ['smtputf8', 'utf8 address', '8-bit data in message header'] },
]

import type { ReplyPattern } from './reply-pattern.ts'

/** Words that hint at a cause where no code says more. */
export const weakPatterns: readonly ReplyPattern[] = [
  {
    cause: 'spam',
    texts: ['spam', 'unsolicited', 'ube,', ' uce ', ' ube ', 'bulk mail', 'junk mail', 'phishing'],
  },
  {
    cause: 'spam',
    texts: ['content rejected', 'message content', 'message filtered', 'banned content'],
  },
  { cause: 'malformed', texts: ['rfc 5322', 'rfc 2822', 'rfc5322', 'rfc2822'] },
  {
    cause: 'malformed',
    texts: ['not rfc compliant', 'invalid header', 'line too long', 'bare lf'],
  },
  {
    cause: 'reputation',
    texts: ['reputation', 'poor score', 'suspicious', 'not trusted', 'access denied by dcc'],
  },
  {
    cause: 'provider-block',
    texts: ['banned', 'your ip', 'ip address is blocked', 'client host rejected', 'ip blocked'],
  },
  {
    cause: 'provider-block',
    texts: ['blocked + ip', 'connection refused by policy', 'not accept mail from'],
  },
  {
    cause: 'sender-refused',
    texts: ['sender address rejected', 'sender rejected', 'sender denied', 'block-send-er'],
  },
  {
    cause: 'sender-refused',
    texts: ['blocked sender', 'you are not allowed to send', 'sender blocked'],
  },
  {
    cause: 'restricted',
    texts: ['authentication required', 'not authorized to send', 'only accepts mail from'],
  },
  {
    cause: 'no-mailbox',
    texts: ['mailbox unavailable', 'address rejected', 'recipient rejected', 'undeliverable'],
    isFinal: true,
  },
  {
    cause: 'no-mailbox',
    texts: ['invalid-recipient', 'recipient not', 'no account'],
    isFinal: true,
  },
  { cause: 'no-domain', texts: ['host unknown', 'domain not found', 'unknown host', 'no-domain'] },
  { cause: 'no-domain', texts: ['invalid domain', 'domain does not exist'] },
  { cause: 'greylisting', texts: ['try again later', 'come back later'], codes: ['4.7.1'] },
  {
    cause: 'their-space',
    texts: ['insufficient system storage', 'system storage'],
  },
  {
    cause: 'their-trouble',
    texts: [
      'temporary failure',
      'temporarily unavailable',
      'service unavailable',
      'server busy',
      'server error',
    ],
    isFinal: false,
  },
  {
    cause: 'their-trouble',
    texts: ['local error', 'internal error', 'system config error', 'configuration error'],
  },
  {
    cause: 'connection-lost',
    texts: ['timed out', 'timeout', 'connection lost', 'lost connection'],
  },
  {
    cause: 'policy',
    texts: ['policy', 'policies', 'not allowed', 'not permitted', 'access denied'],
  },
  { cause: 'unicode', texts: ['unicode', 'internationali'] },
]

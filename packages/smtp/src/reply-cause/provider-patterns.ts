import type { ReplyPattern } from './reply-pattern.ts'

const google: readonly ReplyPattern[] = [
  // "p=" in the help address is Google's own name of the cause.
  { cause: 'no-mailbox', texts: ['p=nosuchuser'] },
  { cause: 'mailbox-disabled', texts: ['p=disableduser', 'p=inactiveuser'] },
  { cause: 'mailbox-full', texts: ['p=overquota'] },
  { cause: 'mailbox-busy', texts: ['p=receivingrate', 'receiving mail at a rate that'] },
  { cause: 'too-many-messages', texts: ['p=unsolicitedratelimit', 'unusual rate of'] },
  { cause: 'reverse-name', texts: ['p=ipv6authguidelines + ptr'] },
  { cause: 'provider-block', texts: ['p=notauthorizederror', 'not in whitelist for rcpt domain'] },
  { cause: 'spam', texts: ['p=unsolicitedmessageerror'] },
  { cause: 'malformed', texts: ['p=rfcmessagenoncompliant'] },
  { cause: 'virus', texts: ['p=blockedmessage'] },
  {
    cause: 'reputation',
    texts: ['very low reputation of the sending', 'low reputation of the sending ip'],
  },
  // Google's use of 7.29 to 7.40 is its own: senders' TLS, DKIM, SPF, alignment.
  { cause: 'needs-tls', hosts: ['google.com'], codes: ['4.7.29', '5.7.29'] },
  {
    cause: 'unauthenticated',
    hosts: ['google.com'],
    codes: ['4.7.27', '5.7.27', '4.7.30', '5.7.30', '4.7.32', '5.7.32', '4.7.40', '5.7.40'],
  },
]

const microsoft: readonly ReplyPattern[] = [
  { cause: 'block-list', texts: ['blocked using spamhaus', 'listed in spamhaus'] },
  {
    cause: 'provider-block',
    texts: ['(s3140)', '(s3150)', '(as3140)', '(as3150)', 'part of their network is on our block'],
  },
  {
    cause: 'provider-block',
    texts: ['banned sending ip', 'banned sender', 'traffic not accepted from this ip'],
  },
  {
    cause: 'unauthenticated',
    codes: ['5.7.509', '5.7.515', '5.7.512', '4.7.515'],
  },
  { cause: 'too-many-messages', texts: ['rate limited due to ip reputation'] },
  { cause: 'too-many-messages', codes: ['4.7.500', '4.7.650', '4.7.651', '4.7.652', '4.7.850'] },
  { cause: 'too-many-messages', texts: [' rp-001 ', ' rp-002 ', ' rp-003 ', '(rp-001)'] },
  { cause: 'provider-block', texts: [' sc-001 ', ' sc-002 ', ' sc-003 ', ' sc-004 ', ' dy-002 '] },
  { cause: 'reverse-name', texts: [' dy-001 '] },
  {
    cause: 'too-many-connections',
    texts: ['concurrent connections + exceeded a limit', 'connections per resource forest'],
  },
  { cause: 'mailbox-busy', codes: ['5.2.121', '5.2.122'] },
  {
    cause: 'no-mailbox',
    codes: ['5.4.1', '5.1.10', '5.1.351'],
    texts: [
      'recipient address rejected: access denied',
      'recipientnotfound',
      'recipient not found',
    ],
  },
  { cause: 'no-mailbox', texts: ['resolver.adr.recip', 'returned unknown recipient'] },
  { cause: 'too-large', texts: ['resolver.rst.recipsizelimit', 'resolver.rst.sendsizelimit'] },
  { cause: 'restricted', texts: ['resolver.rst.authrequired', 'resolver.rst.notauthorized'] },
  {
    cause: 'restricted',
    codes: ['5.7.124', '5.7.133', '5.7.134', '5.7.135', '5.7.136', '5.7.137'],
  },
  { cause: 'not-theirs', codes: ['5.7.64', '5.4.310', '4.4.312'] },
  { cause: 'mailbox-full', texts: ['storequota', 'quotaexceededexception'] },
  { cause: 'expired', codes: ['5.4.300', '4.4.316', '5.4.316'] },
]

const yahoo: readonly ReplyPattern[] = [
  { cause: 'provider-block', texts: ['[tss03]', '[ts03]', 'will be permanently deferred'] },
  {
    cause: 'too-many-messages',
    texts: ['[tss04]', '[tss01]', '[tss02]', '[ts01]', '[ts02]', '[gl01]'],
  },
  { cause: 'too-many-messages', texts: ['temporarily deferred due to u', '[rl01]', '[rl04]'] },
  { cause: 'block-list', texts: ['[bl21]', '[bl22]', '[bl23]', 'because the ip is in spamhaus'] },
  { cause: 'no-mailbox', texts: ["this user doesn't have a"] },
  { cause: 'mailbox-disabled', texts: ['account has been disabled', 'mailbox is disabled'] },
  { cause: 'spam', texts: ['message not allowed - [ph01]', 'message not allowed - [299]'] },
  { cause: 'malformed', texts: ['headers are not rfc compliant'] },
  { cause: 'unauthenticated', texts: ['not accepted for policy reasons'], codes: ['5.7.9'] },
  {
    cause: 'too-many-connections',
    texts: ['max message per connection', 'too many concurrent smtp connections'],
  },
]

const others: readonly ReplyPattern[] = [
  // Apple.
  { cause: 'spam', texts: ['[cs01]', '[hme1]', '[hm08]', '[csxx]'] },
  { cause: 'too-many-messages', texts: ['deferred due to excessive volume'] },
  // Mimecast greylists in these words, which look like trouble.
  { cause: 'greylisting', texts: ['internal resource temporarily unavailable + mimecast'] },
  {
    cause: 'greylisting',
    hosts: ['.mimecast.com'],
    texts: ['internal resource temporarily unavailable', 'internal resources are temporarily'],
  },
  { cause: 'unauthenticated', texts: ['anti-spoofing policy', 'rejecting spoofed message'] },
  { cause: 'sender-refused', texts: ['manually blocked senders', 'envelope blocked'] },
  { cause: 'provider-block', texts: ['host network not allowed'] },
  // Proofpoint, Cloudmark, Cisco, Trend Micro, Barracuda: each names the page of its own list.
  {
    cause: 'block-list',
    texts: ['proofpoint.com/dnsbl', 'ipcheck.proofpoint.com', 'csi.cloudmark.com'],
  },
  {
    cause: 'block-list',
    texts: ['blocked using trend micro', 'senderbase.org', 'barracudacentral', 'talosintelligence'],
  },
  { cause: 'no-mailbox', texts: ['cuda_nsu'] },
  // GMX, web.de, IONOS; T-Online.
  { cause: 'reverse-name', texts: ['bad dns ptr resource record'] },
  { cause: 'reputation', texts: ['ip= + a problem occurred'] },
  // Orange, Free.
  {
    cause: 'too-many-connections',
    texts: ['trop de connexions', 'too many connections, slow down'],
  },
  { cause: 'provider-block', texts: ['adresse ip source bloquee', 'client host blocked for spam'] },
  // QQ, 163: how often, how much.
  {
    cause: 'too-many-messages',
    texts: ['ip frequency limited', 'domain frequency limited', 'connection frequency limited'],
  },
  // Comcast.
  { cause: 'too-many-connections', texts: ['too many sessions open'] },
  // GoDaddy.
  { cause: 'too-many-messages', texts: ['too many recipients this hour'] },
]

/** Replies of large providers and of filters that many use, whose words or codes mean something of their own. */
export const providerPatterns: readonly ReplyPattern[] = [
  ...google,
  ...microsoft,
  ...yahoo,
  ...others,
]

import { SPELLING, DOMAIN, OTHER_WAY } from './cause-advice.ts'
import type { CauseEntry } from './cause-entry.ts'

/** Causes that lie with the recipient: the address, its domain, its mailbox, its rules. */
export const recipientCauses = {
  'no-mailbox': { kind: 'address', say: 'There is no mailbox with this address.', next: SPELLING },
  'mailbox-disabled': {
    kind: 'address',
    say: 'The mailbox is disabled and takes no mail.',
    next: OTHER_WAY,
  },
  moved: {
    kind: 'address',
    say: 'The recipient has another address now; what the other server said may name it.',
    next: 'Send it to the new address, or ask the recipient for it.',
  },
  'bad-address': {
    kind: 'address',
    say: 'The other server does not accept this as an address.',
    next: SPELLING,
  },
  'no-domain': {
    kind: 'domain',
    say: 'There is no domain of the name after the @.',
    next: DOMAIN,
  },
  'null-mx': {
    kind: 'domain',
    say: 'The domain says of itself that it takes no mail at all.',
    next: DOMAIN,
  },
  'no-host': {
    kind: 'domain',
    say: 'The domain names no mail server that can be reached from the internet.',
    next: DOMAIN,
  },
  'not-theirs': {
    kind: 'domain',
    say: 'The server that the domain names does not take mail for it.',
    next: 'Tell the recipient in another way: the mail settings of their domain are wrong.',
  },
  'mailbox-full': {
    kind: 'full',
    say: "The recipient's mailbox is full.",
    next: 'Tell the recipient in another way, and send it again when there is room.',
  },
  'mailbox-busy': {
    kind: 'full',
    say: 'The mailbox is getting more mail than it takes in this time.',
    next: 'Send it again in a few hours.',
  },
  restricted: {
    kind: 'policy',
    say: 'The mailbox takes mail only from senders that its owner has allowed.',
    next: 'Ask the recipient, in another way, to allow your address.',
  },
  'sender-refused': {
    kind: 'policy',
    say: 'The other server does not take mail from your address.',
    next: 'Ask the recipient, in another way, to allow your address.',
  },
  policy: {
    kind: 'policy',
    say: 'The other server refuses the message by rules of its own.',
    next: 'Ask the recipient, in another way, why their server refuses it.',
  },
  'ended-here': {
    kind: 'policy',
    say: 'Whoever runs this mail server has ended the delivery.',
    next: 'Ask whoever runs your mail server why, and show them this report.',
  },
  'suppressed-here': {
    kind: 'policy',
    say: 'This mail server has the address on a list of those that it sends nothing to.',
    next: 'Check the spelling of the address, or ask whoever runs your mail server to try it.',
    operator: 'See the list, and take it off: posthouse queue suppress list.',
  },
} as const satisfies Readonly<Record<string, CauseEntry>>

import { AGAIN, OUR_OPERATOR } from './cause-advice.ts'
import type { CauseEntry } from './cause-entry.ts'

/** Causes that lie with who we are, or how much we send. */
export const ourCauses = {
  'too-many-messages': {
    kind: 'rate',
    say: 'The other provider takes no more messages from our server at the moment.',
    next: 'Send it again in a few hours.',
    isAboutUs: true,
    operator: 'Delivery slows down by itself. See what is sent there: posthouse queue list.',
  },
  'too-many-connections': {
    kind: 'rate',
    say: 'The other server takes no more connections from ours at the moment.',
    next: 'Send it again in a few hours.',
    isAboutUs: true,
    operator: 'Delivery slows down by itself. See what is sent there: posthouse queue list.',
  },
  'block-list': {
    kind: 'reputation',
    say: 'The other side refuses our mail because a block list names our server or domain.',
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator:
      'Look at what left this server, then ask the list that the reply names to remove the entry.',
  },
  'provider-block': {
    kind: 'reputation',
    say: 'The other provider refuses all mail from the address of our server.',
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator:
      'Look at what left this server, then ask the provider at the address that the reply names.',
  },
  reputation: {
    kind: 'reputation',
    say: 'The other provider does not trust our server or domain enough to take the message.',
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator: 'Trust grows with wanted mail: send less, and only to people who asked for it.',
  },
  greylisting: {
    kind: 'greylisting',
    say: 'The other server asks servers that it does not know yet to come again later.',
    next: AGAIN,
  },
  unauthenticated: {
    kind: 'authentication',
    say: "The other side could not verify that the message comes from its sender's domain.",
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator: 'Check SPF, DKIM and DMARC of the domain in From; the reply may say which failed.',
  },
  'reverse-name': {
    kind: 'authentication',
    say: 'The address of our server has no reverse name (PTR) that fits it.',
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator: "Have the hosting company set the address's reverse DNS to this server's host name.",
  },
  greeting: {
    kind: 'authentication',
    say: 'The other server does not accept the name by which ours greets it.',
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator: 'hostname in the configuration must be a name with an A or AAAA record.',
  },
  'sender-domain': {
    kind: 'authentication',
    say: "The other server finds no mail server for the domain of the sender's address.",
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator: "The sender's domain needs an MX record, and the MX an address.",
  },
  'trouble-here': {
    kind: 'system',
    say: 'The mail server that you send by cannot pass the message on as it is set up.',
    next: OUR_OPERATOR,
    isAboutUs: true,
    operator: 'See what is wrong with its way: posthouse route test ADDRESS.',
  },
} as const satisfies Readonly<Record<string, CauseEntry>>

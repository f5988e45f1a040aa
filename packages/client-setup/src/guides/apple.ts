import type { Service } from '../offer.ts'
import { kindOf, type GuideFacts } from './facts.ts'
import { chosen, typed, type Guide, type GuideGroup } from './guide.ts'

const profile =
  'Quicker: ask whoever runs the server for a profile link. It sets Mail up with a password of its own.'

/** Mail on a Mac. */
export function appleMail({ user, host, incoming, outgoing }: GuideFacts): Guide {
  return {
    id: 'apple-mail',
    name: 'Apple Mail',
    where: 'Mac',
    steps: [
      'Mail › Add Account… › Other Mail Account…, then Continue.',
      'Enter your name, your email address and your password, then Sign In.',
      'It asks for the servers next:',
    ],
    groups: [
      {
        title: 'Add a Mail account',
        fields: [
          user('Email Address'),
          user('User Name'),
          chosen('Account Type', kindOf(incoming).replace('POP3', 'POP')),
          typed('Incoming Mail Server', host),
          typed('Outgoing Mail Server', host),
        ],
      },
      ...otherPorts(incoming, outgoing),
    ],
    note: profile,
  }
}

/** Mail on an iPhone or iPad: labels of iOS 18. */
export function iphone({ user, host, incoming, outgoing }: GuideFacts): Guide {
  const server = [typed('Host Name', host), user('User Name')]
  return {
    id: 'iphone',
    name: 'iPhone and iPad',
    where: 'iOS, iPadOS',
    steps: [
      'Settings › Apps › Mail › Mail Accounts › Add Account › Other › Add Mail Account.',
      'Enter your name, your email address and your password, then Next.',
      `Choose ${kindOf(incoming).replace('POP3', 'POP')}, and fill in:`,
    ],
    groups: [
      { title: 'Incoming Mail Server', fields: server },
      { title: 'Outgoing Mail Server', fields: server },
      ...otherPorts(incoming, outgoing),
    ],
    note: profile,
  }
}

/** Those that Apple's programs try by themselves. */
const usual: ReadonlySet<number> = new Set([993, 995, 143, 110, 465, 587])

/** Ports stand in a dialog of their own, which nobody needs who has the usual ones. */
function otherPorts(incoming: Service, outgoing: Service): readonly GuideGroup[] {
  if (usual.has(incoming.port) && usual.has(outgoing.port)) return []
  return [
    {
      title: 'Afterwards, in the account’s advanced settings',
      fields: [
        typed('Server Port (incoming)', incoming.port),
        typed('Server Port (outgoing)', outgoing.port),
        chosen('Use SSL', 'on'),
      ],
    },
  ]
}

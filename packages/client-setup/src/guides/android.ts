import { kindOf, securityOf, type GuideFacts } from './facts.ts'
import { chosen, typed, type Guide } from './guide.ts'

/** K-9 Mail, and Thunderbird for Android, which it has become. */
export function k9({ user, host, incoming, outgoing }: GuideFacts): Guide {
  return {
    id: 'k9',
    name: 'Thunderbird for Android, K-9 Mail',
    where: 'Android',
    steps: [
      'Menu ☰ › Add account. Enter your email address, then Next.',
      'It finds the settings by itself: enter your password, then Next.',
    ],
    groups: [
      {
        title: 'Edit configuration: Incoming server',
        fields: [
          chosen('Protocol', kindOf(incoming)),
          typed('Server', host),
          chosen('Security', securityOf(incoming)),
          typed('Port', incoming.port),
          chosen('Authentication', 'Normal password'),
          user('Username'),
        ],
      },
      {
        title: 'Edit configuration: Outgoing server',
        fields: [
          typed('Server', host),
          chosen('Security', securityOf(outgoing)),
          typed('Port', outgoing.port),
          chosen('Authentication', 'Normal password'),
          user('Username'),
        ],
      },
    ],
  }
}

/** The Gmail app with mail that is not Gmail's. */
export function gmailApp({ address, user, host, incoming, outgoing }: GuideFacts): Guide {
  return {
    id: 'gmail',
    name: 'Gmail app',
    where: 'Android, iOS',
    steps: [
      'Your picture › Add another account › Other.',
      `Enter ${address}, then Manual setup, and choose Personal (${kindOf(incoming)}).`,
      'Enter your password, then what it asks for:',
    ],
    groups: [
      {
        title: 'Incoming server settings',
        fields: [
          user('Username'),
          typed('Server', host),
          typed('Port', incoming.port),
          chosen('Security type', securityOf(incoming)),
        ],
      },
      {
        title: 'Outgoing server settings',
        fields: [
          chosen('Require signin', 'on'),
          user('Username'),
          typed('SMTP server', host),
          typed('Port', outgoing.port),
          chosen('Security type', securityOf(outgoing)),
        ],
      },
    ],
  }
}

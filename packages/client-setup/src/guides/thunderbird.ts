import { kindOf, securityOf, type GuideFacts } from './facts.ts'
import { chosen, typed, type Guide } from './guide.ts'

/** Thunderbird on a computer: labels of version 140. */
export function thunderbird({ user, host, incoming, outgoing }: GuideFacts): Guide {
  return {
    id: 'thunderbird',
    name: 'Thunderbird',
    where: 'Windows, macOS, Linux',
    steps: [
      'Menu ☰ › New Account › Email.',
      'Enter your name and your email address, then choose Continue.',
      'It finds the settings by itself. Choose Continue, and enter your password.',
    ],
    groups: [
      {
        title: 'Manual configuration: Incoming Server',
        fields: [
          chosen('Protocol', kindOf(incoming)),
          typed('Hostname', host),
          typed('Port', incoming.port),
          chosen('Connection security', securityOf(incoming)),
          chosen('Authentication method', 'Normal password'),
          user('Username'),
        ],
      },
      {
        title: 'Manual configuration: Outgoing Server',
        fields: [
          typed('Hostname', host),
          typed('Port', outgoing.port),
          chosen('Connection security', securityOf(outgoing)),
          chosen('Authentication method', 'Normal password'),
          user('Username'),
        ],
      },
    ],
  }
}

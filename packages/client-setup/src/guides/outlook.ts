import { kindOf, securityOf, type GuideFacts } from './facts.ts'
import { chosen, typed, type Guide } from './guide.ts'

/** Outlook 2016 to 2024 and classic Outlook of Microsoft 365. */
export function outlookClassic({ address, host, incoming, outgoing }: GuideFacts): Guide {
  return {
    id: 'outlook',
    name: 'Outlook (classic)',
    where: 'Windows',
    steps: [
      'File › Add Account.',
      `Enter ${address}, open Advanced options, tick “Let me set up my account manually”, then Connect.`,
      `Choose ${kindOf(incoming)}, and fill in what it asks for:`,
    ],
    groups: [
      {
        title: 'Incoming mail',
        fields: [
          typed('Server', host),
          typed('Port', incoming.port),
          chosen('Encryption method', securityOf(incoming)),
          chosen('Require logon using Secure Password Authentication (SPA)', 'not ticked'),
        ],
      },
      {
        title: 'Outgoing mail',
        fields: [
          typed('Server', host),
          typed('Port', outgoing.port),
          chosen('Encryption method', securityOf(outgoing)),
          chosen('Require logon using Secure Password Authentication (SPA)', 'not ticked'),
        ],
      },
    ],
    note: 'The user name, where it asks for one, is the whole address.',
  }
}

/** The new Outlook for Windows, and Outlook for Android and iOS, which share their dialog. */
export function outlookNew({ address, user, host, incoming, outgoing }: GuideFacts): Guide {
  const name = kindOf(incoming).replace('POP3', 'POP')
  return {
    id: 'outlook-new',
    name: 'Outlook (new)',
    where: 'Windows, Android, iOS',
    steps: [
      'Settings › Accounts › Add account.',
      `Enter ${address}, then Continue. If it asks for the provider, choose ${name}.`,
      'Choose Show more, and fill in:',
    ],
    groups: [
      {
        title: `${name} settings`,
        fields: [
          user(`${name} username`),
          typed(`${name} incoming server`, host),
          typed('Port', incoming.port),
          chosen('Secure connection type', securityOf(incoming)),
        ],
      },
      {
        title: 'SMTP settings',
        fields: [
          user('SMTP username'),
          typed('SMTP outgoing server', host),
          typed('Port', outgoing.port),
          chosen('Secure connection type', securityOf(outgoing)),
        ],
      },
    ],
    note: 'This Outlook has Microsoft’s servers fetch your mail, and gives them your password. Use an app password for it, which can be revoked alone.',
  }
}

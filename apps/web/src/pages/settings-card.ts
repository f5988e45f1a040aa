import { securityOf, type GuideField, type Offer, type Service } from '@posthouse/client-setup'
import { html } from 'hono/html'
import { fieldList } from './fields.ts'
import type { Html } from './layout.ts'

/** Server, user name and password, which are the same everywhere, and the ports. */
export function settingsCard(
  { host, services }: Offer,
  address: string | undefined,
  password?: string,
): Html {
  const fields: readonly GuideField[] = [
    { label: 'Server, for reading and sending', value: host, isText: true },
    address === undefined
      ? { label: 'User name', value: 'your whole email address' }
      : { label: 'User name', value: address, isText: true },
    password === undefined
      ? { label: 'Password', value: 'that of your mailbox, or an app password' }
      : { label: 'Password', value: password, isText: true },
  ]
  return html`<div class="group settings">
    ${fieldList(fields)}
    <table>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">Port</th>
          <th scope="col">Security</th>
        </tr>
      </thead>
      <tbody>
        ${services.map((service, index) => row(service, services[index - 1]))}
      </tbody>
    </table>
  </div>`
}

function row(service: Service, before: Service | undefined): Html {
  return html`<tr>
    <th scope="row">${purposeOf(service, before)}</th>
    <td>${service.port}</td>
    <td>${securityOf(service)}</td>
  </tr>`
}

function purposeOf({ protocol }: Service, before: Service | undefined): string {
  if (protocol === 'imap') return 'Reading, IMAP'
  if (protocol === 'pop3') return 'Reading, POP3'
  return before?.protocol === 'smtp' ? `Sending, where ${before.port} is blocked` : 'Sending, SMTP'
}

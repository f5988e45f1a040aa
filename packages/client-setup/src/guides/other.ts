import type { Offer, Service } from '../offer.ts'
import { securityOf, userField } from './facts.ts'
import { chosen, typed, type Guide, type GuideGroup } from './guide.ts'

const titles = {
  imap: 'Reading: IMAP',
  pop3: 'Reading: POP3',
  smtp: 'Sending: SMTP',
} as const

/** Every server that there is, for whatever program, scanner or printer. */
export function other(offer: Offer, address: string | undefined): Guide {
  return {
    id: 'other',
    name: 'Any other program',
    where: 'printers and scanners, too',
    steps: ['Use these settings, with the password of your mailbox or an app password:'],
    groups: offer.services.map((service) => groupOf(offer, service, address)),
    note: 'IMAP keeps your mail on the server, for all your devices. POP3 takes it to one device.',
  }
}

function groupOf({ host }: Offer, service: Service, address: string | undefined): GuideGroup {
  const again = service.protocol === 'smtp' && service.security === 'starttls'
  return {
    title: again ? `${titles.smtp}, where that port is closed` : titles[service.protocol],
    fields: [
      typed('Server', host),
      typed('Port', service.port),
      chosen('Security', securityOf(service)),
      userField('User name', address),
      chosen('Sign-in', 'password'),
    ],
  }
}

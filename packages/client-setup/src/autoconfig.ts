import { document, element, type Markup } from './markup.ts'
import type { Offer, Security, Service } from './offer.ts'

/**
 * The settings as Thunderbird, K-9, KMail, Evolution and others read them (`clientConfig` 1.1). The same for every
 * address: the program itself fills `%EMAILADDRESS%` in. A `socketType` that K-9 does not know makes it throw the whole
 * file away, so that there is none but SSL and STARTTLS.
 */
export function autoconfigXml(offer: Offer): string {
  const { domain, name, services, webUrl } = offer
  const provider = element(
    'emailProvider',
    [
      element('domain', domain),
      element('displayName', name),
      element('displayShortName', name),
      ...services.map((service) => serverOf(offer, service)),
      element('documentation', element('descr', 'How to set up a mail program', { lang: 'en' }), {
        url: `${webUrl}/setup`,
      }),
    ],
    { id: domain },
  )
  return document(element('clientConfig', provider, { version: '1.1' }))
}

const socketTypes: Readonly<Record<Security, string>> = { tls: 'SSL', starttls: 'STARTTLS' }

function serverOf({ host }: Offer, { protocol, port, security }: Service): Markup {
  return element(
    protocol === 'smtp' ? 'outgoingServer' : 'incomingServer',
    [
      element('hostname', host),
      element('port', port),
      element('socketType', socketTypes[security]),
      element('authentication', 'password-cleartext'),
      element('username', '%EMAILADDRESS%'),
      ...(protocol === 'pop3' ? [pop3] : []),
    ],
    { type: protocol },
  )
}

/** A program that takes mail away and loses it is the worst that POP3 can do: it leaves it here for a while. */
const pop3 = element('pop3', [
  element('leaveMessagesOnServer', 'true'),
  element('downloadOnBiff', 'true'),
  element('daysToLeaveMessagesOnServer', 14),
])

import { document, element, type Markup } from './markup.ts'
import { bestOf, type Offer, type Security, type Service } from './offer.ts'

const responseSchema = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'
const outlookSchema =
  'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'

/** The answer to a classic Outlook that asks for the settings of `address` (MS-OXDSCLI §2.2.4). */
export function autodiscoverXml(offer: Offer, address: string): string {
  const best = (['imap', 'pop3', 'smtp'] as const).map((protocol) => bestOf(offer, protocol))
  const protocols = best
    .filter((service) => service !== undefined)
    .map((service) => protocolOf(offer, service, address))
  const account = element('Account', [
    element('AccountType', 'email'),
    element('Action', 'settings'),
    ...protocols,
  ])
  return answer(element('Response', account, { xmlns: outlookSchema }))
}

/** The answer to what is no request. */
export function autodiscoverErrorXml(at: Date): string {
  const error = element(
    'Error',
    [element('ErrorCode', 600), element('Message', 'Invalid Request'), element('DebugData')],
    { Time: at.toISOString().slice(11, 23), Id: '0' },
  )
  return answer(element('Response', error))
}

function answer(response: Markup): string {
  return document(element('Autodiscover', response, { xmlns: responseSchema }))
}

/** MS-OXDSCLI §2.2.4.1.1.2.6.22: `SSL` is TLS from the first octet, `TLS` is STARTTLS; it goes before the element SSL. */
const encryptions: Readonly<Record<Security, string>> = { tls: 'SSL', starttls: 'TLS' }

function protocolOf({ host }: Offer, service: Service, address: string): Markup {
  const { protocol, port, security } = service
  return element('Protocol', [
    element('Type', protocol.toUpperCase()),
    element('Server', host),
    element('Port', port),
    element('DomainRequired', 'off'),
    element('LoginName', address),
    element('SPA', 'off'),
    element('SSL', security === 'tls' ? 'on' : 'off'),
    element('Encryption', encryptions[security]),
    element('AuthRequired', 'on'),
    ...(protocol === 'smtp' ? [element('UsePOPAuth', 'on'), element('SMTPLast', 'off')] : []),
  ])
}

/** The answer of autodiscover version 2: where version 1 is asked. */
export function autodiscoverJson({ webUrl }: Offer): Readonly<Record<string, string>> {
  return { Protocol: 'AutodiscoverV1', Url: `${webUrl}/autodiscover/autodiscover.xml` }
}

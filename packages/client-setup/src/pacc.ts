import { createHash } from 'node:crypto'
import type { Offer } from './offer.ts'

/** It names no ports: those that are registered for TLS from the first octet (RFC 8314 §7) are meant. */
const registered = { imap: 993, pop3: 995, smtp: 465 } as const

/**
 * The settings as PACC has them (draft-ietf-mailmaint-pacc). The hash of these very octets stands in DNS, so that they
 * depend on the domain and the configuration alone.
 * @returns undefined where no server listens where PACC would look for it
 */
export function paccJson(offer: Offer): string | undefined {
  const { domain, host, name, services, webUrl } = offer
  const usable = services.filter(
    ({ protocol, port, security }) => security === 'tls' && port === registered[protocol],
  )
  if (!usable.some(({ protocol }) => protocol !== 'smtp')) return undefined
  const body = {
    protocols: Object.fromEntries(usable.map(({ protocol }) => [protocol, { host }])),
    authentication: { password: true },
    info: {
      provider: { name, shortName: name },
      help: { documentation: `${webUrl}/setup`, contact: [`mailto:postmaster@${domain}`] },
    },
  }
  return JSON.stringify(body)
}

/** The text of the TXT record at `_ua-auto-config.DOMAIN`, by which a client knows that the settings are the domain's own. */
export function paccRecord(body: string): string {
  const digest = createHash('sha256').update(body).digest('base64')
  return `v=UAAC1; a=sha256; d=${digest}`
}

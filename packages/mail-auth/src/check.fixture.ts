import { Zone, zoneResolver } from '@posthouse/dns'
import { createAuthenticator } from './authenticator.ts'
import type { AuthenticationInput, AuthenticationVerdict } from './verdict.ts'

/** When the tests' messages are checked. */
export const checkedAt = new Date('2026-06-01T00:00:00Z')

/** What a check depends on, where it is not the usual. */
export interface Given {
  readonly zone?: readonly string[]
  readonly mailFrom?: string
  readonly helo?: string
  readonly address?: string
}

/** A short message with this header. */
export function mail(header: string): string {
  return `${header}\r\nSubject: hello\r\n\r\nHello\r\n`
}

/** MAIL FROM is at bank.test, the client 192.0.2.1. */
export function inputOf({
  mailFrom = 'a@bank.test',
  helo = 'client.test',
  address = '192.0.2.1',
}: Given): AuthenticationInput {
  return { mailFrom, helo, address, at: checkedAt }
}

/** Checks a message with the DNS of a zone. */
export function check(octets: Buffer | string, given: Given): Promise<AuthenticationVerdict> {
  const resolver = zoneResolver(new Zone((given.zone ?? []).join('\n')))
  return createAuthenticator({ resolver }).check(Buffer.from(octets), inputOf(given))
}

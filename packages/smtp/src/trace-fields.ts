import { addressLiteral, isHostName, normaliseDomain } from './mail-domain.ts'
import type { SmtpSession } from './session.ts'

/** What a Received field tells (RFC 5321 §4.4). */
export interface Hop {
  readonly session: Pick<SmtpSession<unknown>, 'helo' | 'isExtended' | 'remoteAddress' | 'tls'>
  /** The transaction used SMTPUTF8 (RFC 6531 §3.7.3, §4.3). */
  readonly isUtf8: boolean
  readonly isAuthenticated: boolean
  /**
   * `shown`: as RFC 5321 §4.4 wants it. `hidden`: the field needs a FROM clause, but where a user of
   * ours sits is nobody's business. `none`: nobody sent it, we made it.
   */
  readonly client: 'shown' | 'hidden' | 'none'
  /** Our own name. */
  readonly by: string
  readonly queueId: string
  /** The recipient, where there is one: never more, or blind copies would show. */
  readonly recipient?: string
  readonly at: string
}

/**
 * `Received: from … by … with … id … for …; date` (RFC 5321 §4.4), CRLF at the end. `at` is the
 * date-time as RFC 5322 §3.3 has it.
 */
export function receivedField(hop: Hop): string {
  const { session, by, queueId, recipient, at } = hop
  const from = fromClause(hop)
  const tls =
    session.tls === undefined ? '' : ` (${session.tls.protocol} ${comment(session.tls.cipher)})`
  const to = recipient === undefined ? '' : `\r\n\tfor <${recipient}>`
  const protocol = transmissionType(hop)
  return `Received: ${from}by ${by} (Posthouse) with ${protocol}${tls}\r\n\tid ${queueId}${to};\r\n\t${at}\r\n`
}

/** `Return-Path: <sender>` (RFC 5321 §4.4), CRLF at the end. */
export function returnPathField(sender: string): string {
  return `Return-Path: <${sender}>\r\n`
}

/** `Delivered-To: address` (RFC 9228 §3), CRLF at the end. */
export function deliveredToField(address: string): string {
  return `Delivered-To: ${address}\r\n`
}

/** The `with` protocol: RFC 3848, and RFC 6531 §4.3 for SMTPUTF8. */
export function transmissionType(hop: Pick<Hop, 'session' | 'isUtf8' | 'isAuthenticated'>): string {
  if (!hop.session.isExtended) return 'SMTP'
  const kind = hop.isUtf8 ? 'UTF8SMTP' : 'ESMTP'
  return `${kind}${hop.session.tls === undefined ? '' : 'S'}${hop.isAuthenticated ? 'A' : ''}`
}

function fromClause({ client, session }: Hop): string {
  if (client === 'none') return ''
  if (client === 'hidden') return 'from [127.0.0.1] (client hidden)\r\n\t'
  return `from ${fromDomain(session.helo, session.remoteAddress)}\r\n\t`
}

/** `Extended-Domain`: the name the client gave if it is one, and the address it came from. */
function fromDomain(helo: string | undefined, remoteAddress: string): string {
  const literal = addressLiteral(remoteAddress)
  const name = helo === undefined ? undefined : normaliseDomain(helo)
  if (name === undefined) {
    return helo === undefined ? literal : `${literal} (helo=${comment(helo)})`
  }
  return isHostName(name) || name !== literal ? `${name} (${literal})` : literal
}

/** Text inside a comment: printable ASCII, nothing that ends or nests it (RFC 5322 §3.2.2). */
function comment(text: string): string {
  return text.replace(/[^!-'*-[\]-~]/g, '?').slice(0, 100)
}

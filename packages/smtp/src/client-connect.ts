import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate, TLSSocket } from 'node:tls'
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection'
import { ClientLink } from './client-link.ts'
import { isFor } from './client-peer.ts'
import type { ConnectFailure } from './outcome.ts'
import { parseReply } from './reply.ts'
import type { ClientDeadlines, SmtpClientOptions } from './smtp-client.ts'

/** A link whose EHLO was answered, or why there is none. */
export type Linked =
  | { readonly ok: true; readonly link: ClientLink }
  | { readonly ok: false; readonly failure: ConnectFailure }

/** Longest reply that is read; a real one has a few hundred octets. */
const MAX_REPLY = 64 * 1024

/** Opens one connection and brings it to where MAIL can be sent. Never rejects. */
export async function connectLink(
  options: SmtpClientOptions,
  deadlines: ClientDeadlines,
  signal: AbortSignal | undefined,
): Promise<Linked> {
  if (signal?.aborted === true) return aborted()
  const link = new ClientLink(linkOptions(options, deadlines))
  const done = Promise.withResolvers<Linked>()
  const fail = (error: unknown) => done.resolve({ ok: false, failure: failureOf(link, error) })
  const onAbort = () => done.resolve(aborted())
  // Each reply of the set-up has its time; nodemailer bounds the phases, this the trickle.
  const timer = setTimeout(
    () => fail(new Error('no whole reply within the deadline')),
    deadlines.connectMs + deadlines.greetingMs,
  )
  link.onProgress = () => timer.refresh()
  link.once('error', fail)
  signal?.addEventListener('abort', onAbort, { once: true })
  link.connect((error) => (error === undefined ? done.resolve({ ok: true, link }) : fail(error)))
  const linked = await done.promise
  clearTimeout(timer)
  signal?.removeEventListener('abort', onAbort)
  link.off('error', fail)
  if (!linked.ok) link.cut()
  return linked
}

function aborted(): Linked {
  return { ok: false, failure: { stage: 'aborted', because: 'aborted' } }
}

function linkOptions(
  options: SmtpClientOptions,
  deadlines: ClientDeadlines,
): SMTPConnectionOptions {
  const isVerified = options.tls === 'verified'
  const name = options.serverName ?? options.host
  // SNI takes names alone (RFC 6066 §3), no addresses, however they are written.
  const sni = isIP(name) === 0 && !name.startsWith('[') ? { servername: name } : {}
  return {
    host: options.address ?? options.host,
    port: options.port,
    name: options.name,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    ...sni,
    secure: options.implicitTls === true,
    ignoreTLS: options.tls === 'none',
    opportunisticTLS: options.tls === 'opportunistic',
    requireTLS: options.implicitTls !== true && (isVerified || options.tls === 'required'),
    tls: {
      rejectUnauthorized: isVerified,
      checkServerIdentity: isVerified ? checkHost(options.host) : () => undefined,
      minVersion: 'TLSv1.2',
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...sni,
    },
    connectionTimeout: deadlines.connectMs + deadlines.greetingMs,
    greetingTimeout: deadlines.greetingMs,
    socketTimeout: Math.max(deadlines.commandMs, deadlines.dataEndMs),
    maxResponseSize: MAX_REPLY,
    allowInternalNetworkInterfaces: true,
    logger: false,
  }
}

/** RFC 6125 §6.4.4: with a name in the subjectAltName or not at all; an address is looked for as an address. */
function checkHost(
  host: string,
): (name: string, certificate: PeerCertificate) => Error | undefined {
  return (_, certificate) => {
    if (isIP(host) !== 0) return checkServerIdentity(host, certificate)
    if (isFor(new X509Certificate(certificate.raw), host)) return undefined
    return new Error(`the certificate is not for ${host}`)
  }
}

/** What an error of nodemailer's means. */
export function failureOf(link: ClientLink, error: unknown): ConnectFailure {
  const because = error instanceof Error ? error.message : String(error)
  const { code, response, command } = wordsOf(error)
  const reply = response === undefined ? undefined : parseReply(response)
  return {
    stage: stageOf(link, code, command),
    ...(reply === undefined ? {} : { reply }),
    because: because.slice(0, 500),
  }
}

function stageOf(link: ClientLink, code: string, command: string): ConnectFailure['stage'] {
  const isUpgrading = link.isStartTlsSent && !(link.socket instanceof TLSSocket)
  const isTls = code === 'ETLS' || link.upgrading === true || command === 'STARTTLS' || isUpgrading
  if (isTls) return 'tls'
  if (command === 'EHLO' || command === 'HELO') return 'ehlo'
  if (link.isGreeted) return 'ehlo'
  return link.isConnected ? 'greeting' : 'connect'
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What nodemailer hangs on its errors. */
export function wordsOf(error: unknown): {
  readonly code: string
  readonly response: string | undefined
  readonly command: string
} {
  const read = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  return {
    code: text(read('code')) ?? '',
    response: text(read('response')),
    command: text(read('command')) ?? '',
  }
}

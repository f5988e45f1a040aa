import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { isIPv6 } from 'node:net'
import { rootCertificates } from 'node:tls'
import type { Resolver } from '@posthouse/dns'
import { isFor } from '@posthouse/smtp'
import { failure, type TlsFailure } from './failure.ts'
import { parseStsPolicy, type StsPolicy } from './sts-policy.ts'

/** A policy, or why there is none to be had. */
export type Fetched =
  | { readonly ok: true; readonly policy: StsPolicy }
  | { readonly ok: false; readonly failure: TlsFailure }

/** What fetching needs. */
export interface FetchContext {
  readonly resolver: Resolver
  /** Whether we may connect to an address: a stranger's name must not lead us into our own network. */
  readonly mayConnect: (address: string) => boolean
  /** Otherwise than in production; for tests. */
  readonly port?: number
  /** Authorities that are trusted besides the usual ones. */
  readonly ca?: string
  readonly deadlineMs?: number
}

/** RFC 8461 §3.3: 64 kilobytes, a minute. */
const mostOctets = 64 * 1024
const deadlineMs = 60_000
/** Addresses of the policy host that are tried. */
const mostAddresses = 4

/**
 * Fetches `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (RFC 8461 §3.3): a certificate that is valid for that host, 200 and
 * nothing else (no redirects), text/plain. The address is looked up once, looked at, and connected to; never another.
 */
export async function fetchStsPolicy(domain: string, context: FetchContext): Promise<Fetched> {
  const host = `mta-sts.${domain}`
  const signal = AbortSignal.timeout(context.deadlineMs ?? deadlineMs)
  const addresses = await addressesOf(host, context)
  if (typeof addresses === 'string') return failed('sts-policy-fetch-error', addresses)
  let last: Fetched = failed('sts-policy-fetch-error', `${host} has no address`)
  for (const address of addresses.slice(0, mostAddresses)) {
    last = await fetchFrom(host, address, context, signal)
    const isElsewhere = !last.ok && last.failure.type === 'sts-policy-fetch-error'
    if (!isElsewhere || signal.aborted) break
  }
  return last
}

async function addressesOf(
  host: string,
  { resolver, mayConnect }: FetchContext,
): Promise<readonly string[] | string> {
  const answers = await Promise.all([resolver.a(host), resolver.aaaa(host)])
  const found = answers.flatMap((answer) => (answer.kind === 'records' ? answer.records : []))
  const allowed = found.filter(mayConnect)
  if (allowed.length > 0) return allowed
  if (found.length > 0) return `${host} is at private addresses only`
  const doubt = answers.find((answer) => answer.kind === 'temporary')
  return doubt === undefined ? `${host} has no address` : `address of ${host}: ${doubt.because}`
}

function fetchFrom(
  host: string,
  address: string,
  context: FetchContext,
  signal: AbortSignal,
): Promise<Fetched> {
  const done = Promise.withResolvers<Fetched>()
  const asked = request(optionsFor(host, address, context, signal), (answer) => {
    read(answer).then(done.resolve, (error: unknown) =>
      done.resolve(failed('sts-policy-fetch-error', wordsOf(error))),
    )
  })
  asked.on('error', (error) => done.resolve(meaningOf(error, signal)))
  asked.end()
  return done.promise.finally(() => asked.destroy())
}

function optionsFor(
  host: string,
  address: string,
  { port, ca }: FetchContext,
  signal: AbortSignal,
): RequestOptions {
  return {
    host: address,
    family: isIPv6(address) ? 6 : 4,
    port: port ?? 443,
    servername: host,
    path: '/.well-known/mta-sts.txt',
    headers: { host, accept: 'text/plain' },
    agent: false,
    signal,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    // RFC 8461 §3.3: by its subjectAltName alone; node would take a common name.
    checkServerIdentity: (_, { raw }) =>
      isFor(new X509Certificate(raw), host) ? undefined : new WrongHost(host),
  }
}

class WrongHost extends Error {
  readonly code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  constructor(host: string) {
    super(`the certificate is not for ${host}`)
  }
}

async function read(answer: IncomingMessage): Promise<Fetched> {
  const { statusCode, headers } = answer
  if (statusCode !== 200) {
    return failed('sts-policy-fetch-error', `the policy host answers ${statusCode ?? 'nothing'}`)
  }
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'text/plain') {
    return failed('sts-policy-invalid', 'the policy is not text/plain')
  }
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer) {
    if (!Buffer.isBuffer(piece)) continue
    size += piece.length
    if (size > mostOctets) return failed('sts-policy-invalid', 'the policy is longer than 64 kB')
    pieces.push(piece)
  }
  if (!answer.complete) return failed('sts-policy-fetch-error', 'the answer was cut')
  const parsed = parseStsPolicy(Buffer.concat(pieces))
  return parsed.ok ? parsed : failed('sts-policy-invalid', parsed.because)
}

function meaningOf(error: Error, signal: AbortSignal): Fetched {
  if (signal.aborted) return failed('sts-policy-fetch-error', 'no whole answer within a minute')
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const isCertificate = code.includes('CERT') || certificateCodes.has(code)
  return failed(isCertificate ? 'sts-webpki-invalid' : 'sts-policy-fetch-error', wordsOf(error))
}

/** Codes of OpenSSL's verification that do not say CERT. */
const certificateCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
])

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300)
}

function failed(type: TlsFailure['type'], because: string): Fetched {
  return { ok: false, failure: failure(type, because) }
}

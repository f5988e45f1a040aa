import { X509Certificate } from 'node:crypto'
import { certificateNames, type TlsMaterial } from '@posthouse/app'
import { hintOf } from '@posthouse/certificates'
import type { Config } from '@posthouse/config'
import { publicKeyPin, type Certificate, type MissingName } from '@posthouse/store'
import { kind, type ItemOf } from '../output/kind.ts'
import {
  dateTime,
  integer,
  listOf,
  number,
  object,
  oneOf,
  orNull,
  string,
} from '../output/shape.ts'

/** A certificate of ours. */
export const certificateKind = kind('Certificate', 'a certificate that clients are shown', {
  name: string,
  source: oneOf('acme', 'imported', 'files', 'local'),
  state: oneOf('valid', 'ending', 'ended', 'missing'),
  names: listOf(string),
  expires: orNull(dateTime),
  days: orNull(number),
  issued: orNull(dateTime),
  renewal: orNull(dateTime),
  missing: listOf(object({ name: string, because: string, retry: orNull(dateTime) })),
  failures: integer,
  problem: orNull(string),
  problemKind: orNull(string),
  problemAt: orNull(dateTime),
  hint: orNull(string),
  retry: orNull(dateTime),
  pin: string,
  nextPin: orNull(string),
  nextReady: orNull(dateTime),
})

/** A certificate as commands print it. */
export type CertificateItem = ItemOf<typeof certificateKind>

const daySeconds = 86_400

/** One that ends within so many days has not been renewed in time: that happens a month before. */
export const soonDays = 14

/** One in the database. */
export function certificateItem(
  certificate: Certificate,
  missing: readonly MissingName[],
): CertificateItem {
  const { name, source, names, leftSeconds, failures, problem, restSeconds } = certificate
  return {
    id: name,
    fields: {
      name,
      source,
      state: stateOf(leftSeconds),
      names,
      expires: textOf(certificate.notAfter),
      days: leftSeconds === undefined ? null : Math.floor(leftSeconds / daySeconds),
      issued: textOf(certificate.issuedAt),
      renewal: textOf(certificate.renewAt),
      missing: missing.map((each) => ({
        name: each.name,
        because: each.because,
        retry: laterOf(each.restSeconds),
      })),
      failures,
      problem: problem?.text ?? null,
      problemKind: problem?.kind ?? null,
      problemAt: textOf(problem?.at),
      hint: (problem === undefined ? undefined : hintOf(problem.kind)) ?? null,
      retry: laterOf(restSeconds),
      pin: certificate.pin.toString('hex'),
      nextPin: certificate.nextPin?.toString('hex') ?? null,
      nextReady: textOf(certificate.nextReadyAt),
    },
  }
}

/** The server's own, of the operator's files or made here. */
export function ownItem({ cert }: TlsMaterial, { hostname, tls }: Config): CertificateItem {
  const leaf = new X509Certificate(cert)
  const leftSeconds = (leaf.validToDate.getTime() - Date.now()) / 1000
  return {
    id: hostname,
    fields: {
      name: hostname,
      source: tls === 'local-ca' ? 'local' : 'files',
      state: stateOf(leftSeconds),
      names: certificateNames(leaf),
      expires: leaf.validToDate.toISOString(),
      days: Math.floor(leftSeconds / daySeconds),
      issued: leaf.validFromDate.toISOString(),
      renewal: null,
      missing: [],
      failures: 0,
      problem: null,
      problemKind: null,
      problemAt: null,
      hint: null,
      retry: null,
      pin: publicKeyPin(leaf.publicKey).toString('hex'),
      nextPin: null,
      nextReady: null,
    },
  }
}

function stateOf(leftSeconds: number | undefined): CertificateItem['fields']['state'] {
  if (leftSeconds === undefined) return 'missing'
  if (leftSeconds <= 0) return 'ended'
  return leftSeconds < soonDays * daySeconds ? 'ending' : 'valid'
}

function textOf(at: Date | undefined): string | null {
  return at?.toISOString() ?? null
}

function laterOf(seconds: number): string | null {
  return seconds > 0 ? new Date(Date.now() + seconds * 1000).toISOString() : null
}

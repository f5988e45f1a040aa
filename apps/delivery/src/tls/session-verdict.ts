import { isFor, type TlsPeer } from '@posthouse/smtp'
import { daneFailure } from './dane-match.ts'
import { failure, type TlsFailure } from './failure.ts'
import type { Plan } from './plan.ts'

/** What of a session is looked at: `tls` is absent in the clear. */
export type Evidence = Pick<TlsPeer, 'distrust' | 'chain'> | undefined

/** Why a session may not be used under a plan; undefined: it may. */
export function sessionFailure(
  plan: Plan,
  host: string,
  tls: Evidence,
  now: Date,
): TlsFailure | undefined {
  switch (plan.kind) {
    case 'refused':
      return plan.failure
    case 'clear':
    case 'any':
      return undefined
    case 'encrypted':
      return tls === undefined ? unprotected : undefined
    case 'webpki':
      return tls === undefined ? unprotected : webPkiFailure(host, tls)
    case 'dane': {
      const { usable, names } = plan.finding
      return tls === undefined ? unprotected : daneFailure(usable, tls.chain(), names, now)
    }
  }
}

/** Whether under this plan a session proves who the host is. */
export function isVerifying({ kind }: Plan): boolean {
  return kind === 'dane' || kind === 'webpki'
}

/** What is wrong with a certificate as the web's authorities see it (RFC 8461 §4.2): a trusted chain, and the host's name. */
export function webPkiFailure(
  host: string,
  { distrust, chain }: NonNullable<Evidence>,
): TlsFailure | undefined {
  const [leaf] = chain()
  if (leaf === undefined) return failure('validation-failure', 'the host showed no certificate')
  if (distrust !== undefined) {
    const type = /EXPIRED|NOT_YET_VALID/.test(distrust)
      ? 'certificate-expired'
      : 'certificate-not-trusted'
    return failure(type, `its certificate is not trusted: ${distrust}`)
  }
  if (isFor(leaf, host)) return undefined
  return failure('certificate-host-mismatch', `its certificate is not for ${host}`)
}

const unprotected = failure('starttls-not-supported', 'it offers no TLS')

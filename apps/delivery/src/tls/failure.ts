/** Why a session was not as a policy wants it: the words of RFC 8460 §4.3. */
export type FailureType =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'
  | 'tlsa-invalid'
  | 'dnssec-invalid'
  | 'dane-required'
  | 'sts-policy-fetch-error'
  | 'sts-policy-invalid'
  | 'sts-webpki-invalid'

/** One of them, with more in words. */
export interface TlsFailure {
  readonly type: FailureType
  readonly because: string
}

/** Makes one. */
export function failure(type: FailureType, because: string): TlsFailure {
  return { type, because }
}

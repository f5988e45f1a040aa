import {
  createAuthority,
  issueCertificate,
  type CertificatePair,
  type Validity,
} from '@posthouse/local-ca'

/** An authority for tests, and a certificate from it. */
export interface TestAuthority {
  /** PEM of the authority. */
  readonly ca: string
  /** For `mail.example.test`, `localhost`, 127.0.0.1 and ::1. */
  readonly leaf: CertificatePair
  /** Another certificate from the same authority; without `validity` it is good now. */
  issue(names: readonly string[], validity?: Validity): CertificatePair
}

let made: TestAuthority | undefined

/** The authority of this process: made at the first call. */
export function testAuthority(): TestAuthority {
  made ??= makeAuthority()
  return made
}

function makeAuthority(): TestAuthority {
  const now = Date.now()
  const year = 365 * 24 * 3600 * 1000
  const validity = { notBefore: new Date(now - year), notAfter: new Date(now + year) }
  const authority = createAuthority('Posthouse test authority', validity)
  const issue = (names: readonly string[], when = validity) =>
    issueCertificate(authority, names, when)
  return {
    ca: authority.cert,
    leaf: issue(['mail.example.test', 'localhost', '127.0.0.1', '::1']),
    issue,
  }
}

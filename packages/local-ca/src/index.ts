export { createAuthority, issueCertificate } from './certificates.ts'
export type { CertificatePair, Validity } from './certificates.ts'
export { localCertificate } from './local-authority.ts'
export type { LocalCertificate } from './local-authority.ts'

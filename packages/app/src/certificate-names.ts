import type { X509Certificate } from 'node:crypto'

/** The DNS names that a certificate is for (RFC 5280 §4.2.1.6), lower case; what its subject says does not count (RFC 9525 §2). */
export function certificateNames(certificate: X509Certificate): readonly string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []))
}

/** The name that a client asked for, as certificates have it. QUIRK: Outlook's service ends it with a dot (RFC 6066 §3 forbids that). */
export function plainServerName(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

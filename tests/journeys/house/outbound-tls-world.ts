import { createHash, X509Certificate } from 'node:crypto'
import { testAuthority } from '@posthouse/testkit'
import { makeCertificateFiles } from './outbound-certificate.ts'
import type { SignedZone } from './outbound-names.ts'
import { startStsPolicyHost, type StsPolicyHost } from './outbound-policy-host.ts'
import { makePlace, startWorld, type OutboundWorld } from './outbound-world.ts'
import { startPostfix, type PostfixHost, type PrivatePostfix } from './postfix.ts'

/** A domain: how its names are signed, what its host shows, and what is published about it. */
export interface TlsCase {
  readonly trust: SignedZone['trust']
  /** The certificate's name; absent: no TLS at all. */
  readonly certificate?: string
  /** TLSA of the host, of what it shows or of something else. */
  readonly tlsa?: 'leaf' | 'authority' | 'wrong'
  /** An MTA-STS policy. */
  readonly policy?: string
}

/** A Postfix of many domains, and what is published about them. */
export interface TlsWorld {
  readonly world: OutboundWorld
  readonly postfix: PrivatePostfix
  readonly policies: StsPolicyHost
  /** TLSA data that would be right for a domain's host. */
  right(domain: string): string
}

/** Starts it, each domain with an address of its own. */
export async function startTlsWorld(cases: Readonly<Record<string, TlsCase>>): Promise<TlsWorld> {
  const place = await makePlace()
  const files = await makeCertificateFiles()
  const hosts: PostfixHost[] = []
  const zones: SignedZone[] = []
  const right = new Map<string, string>()
  for (const [index, [domain, each]] of Object.entries(cases).entries()) {
    const address = place.address(index + 1)
    const { trust, certificate, tlsa } = each
    const pair = testAuthority().issue([certificate ?? `mx.${domain}`])
    const written = await files.write(domain, pair)
    const settings = {
      smtpd_tls_security_level: 'may',
      smtpd_tls_cert_file: written.cert,
      smtpd_tls_key_file: written.key,
    }
    hosts.push(certificate === undefined ? { address } : { address, settings })
    const data = tlsa === 'authority' ? authorityTlsa() : leafTlsa(pair.cert)
    right.set(domain, data)
    const records = [`@ MX 10 mx`, `mx A ${address}`, ...recordsOf(each, data, place.address(200))]
    zones.push({ name: domain, trust, records: records.join('\n') })
  }
  const { ca } = testAuthority()
  const limits = { ca, tlsNoteMs: 100 }
  const delivery = { policyPort: place.port }
  const world = await startWorld(place, zones, { limits, delivery })
  world.keep(files)
  const at = { address: place.address(200), port: place.port }
  const policies = await startStsPolicyHost(at, policiesOf(cases))
  world.keep(policies)
  const postfix = await startPostfix({
    port: place.port,
    domains: Object.keys(cases),
    hosts,
    settings: { smtpd_tls_received_header: 'yes' },
  })
  world.keep(postfix)
  return { world, postfix, policies, right: (domain) => right.get(domain) ?? '' }
}

function policiesOf(cases: Readonly<Record<string, TlsCase>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(cases).flatMap(([domain, { policy }]) =>
      policy === undefined ? [] : [[domain, policy] as const],
    ),
  )
}

function recordsOf({ tlsa, policy }: TlsCase, right: string, host: string): readonly string[] {
  const dane =
    tlsa === undefined ? [] : [`_25._tcp.mx TLSA ${tlsa === 'wrong' ? wrongTlsa : right}`]
  const sts = policy === undefined ? [] : ['_mta-sts TXT "v=STSv1; id=1"', `mta-sts A ${host}`]
  return [...dane, ...sts]
}

const wrongTlsa = `3 1 1 ${'00'.repeat(32)}`

/** Of a host's certificate: DANE-EE, the public key, SHA-256 (RFC 7671 §5.1). */
export function leafTlsa(pem: string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `3 1 1 ${createHash('sha256').update(spki).digest('hex')}`
}

/** DANE-TA, the whole certificate, SHA-256 (RFC 7671 §5.2). */
function authorityTlsa(): string {
  const { raw } = new X509Certificate(testAuthority().ca)
  return `2 0 1 ${createHash('sha256').update(raw).digest('hex')}`
}

import { createHash, X509Certificate } from 'node:crypto'
import { Zone, zoneResolver } from '@posthouse/dns'
import { startSuite, type Suite, testAuthority } from '@posthouse/testkit'
import { quick } from '../delivery.fixture.ts'
import { deliveryApp } from '../delivery.ts'
import { type Sink, startSink } from '../sink.fixture.ts'
import { type PolicyHost, startPolicyHost } from './policy-host.fixture.ts'

/** A worker, a mail host and a policy host, and domains that a test makes. */
export interface TlsWorld {
  readonly suite: Suite
  readonly sink: Sink
  readonly policyHost: PolicyHost
  readonly zone: Zone
  close(): Promise<void>
}

/** Starts one. The policy host has a certificate for `mta-sts.` of these domains. */
export async function startTlsWorld(domains: readonly string[]): Promise<TlsWorld> {
  const zone = new Zone('')
  const sink = await startSink()
  const policyHost = await startPolicyHost(domains.map((domain) => `mta-sts.${domain}`))
  const { ca } = testAuthority()
  const limits = { ...quick, tlsNoteMs: 50, ca }
  const suite = await startSuite({
    apps: [deliveryApp(limits)],
    resolver: zoneResolver(zone),
    delivery: { mxPort: sink.port, policyPort: policyHost.port },
  })
  return {
    suite,
    sink,
    policyHost,
    zone,
    async close() {
      await suite.stop()
      await Promise.all([sink.close(), policyHost.close()])
    },
  }
}

/** A domain with one mail host, `mx.` and its name. */
export function addDomain(
  { zone }: TlsWorld,
  domain: string,
  more: {
    readonly isSigned?: boolean
    readonly tlsa?: readonly string[]
    readonly sts?: string
  } = {},
): void {
  zone.add({ name: domain, type: 'MX', value: `10 mx.${domain}` })
  zone.add({ name: `mx.${domain}`, type: 'A', value: '127.0.0.1' })
  if (more.isSigned === true) zone.add({ name: domain, type: 'SECURE', value: '' })
  for (const value of more.tlsa ?? []) {
    zone.add({ name: `_25._tcp.mx.${domain}`, type: 'TLSA', value })
  }
  if (more.sts !== undefined) {
    zone.add({ name: `_mta-sts.${domain}`, type: 'TXT', value: `v=STSv1; id=${more.sts};` })
    zone.add({ name: `mta-sts.${domain}`, type: 'A', value: '127.0.0.1' })
  }
}

/** The text of a policy. */
export function policyText(mode: string, mx: string): string {
  return `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`
}

/** `3 1 1` of a certificate. */
export function tlsaOf(cert: string): string {
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return `3 1 1 ${createHash('sha256').update(spki).digest('hex')}`
}

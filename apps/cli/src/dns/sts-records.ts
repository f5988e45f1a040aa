import { stsPolicyText, stsRecord } from '@posthouse/web/sts-policy'
import { hostRecord } from './client-records.ts'
import type { DomainFacts, WantedRecord } from './wanted-records.ts'

/** What announces the domain's own MTA-STS policy (RFC 8461 §3.1), and asks for reports on it (RFC 8460 §3); nothing where there is none. */
export function stsRecords({
  domain,
  hostname,
  clients,
  sts,
}: DomainFacts): readonly WantedRecord[] {
  if (sts === undefined) return []
  const policy = stsPolicyText(sts, [hostname])
  return [
    hostRecord(
      'should',
      `mta-sts.${domain}`,
      clients.publicHost,
      'other servers fetch the MTA-STS policy there',
    ),
    {
      level: 'should',
      purpose: 'text',
      name: `_mta-sts.${domain}`,
      type: 'TXT',
      value: stsRecord(policy),
      why: 'announces the MTA-STS policy; its id changes with it',
    },
    {
      level: 'nice',
      purpose: 'tls-reports',
      name: `_smtp._tls.${domain}`,
      type: 'TXT',
      value: `v=TLSRPTv1; rua=mailto:postmaster@${domain}`,
      why: 'other servers report by it what TLS failed',
    },
  ]
}

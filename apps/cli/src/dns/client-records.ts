import { offerFor, paccJson, paccRecord } from '@posthouse/client-setup'
import type { DomainFacts, WantedRecord } from './wanted-records.ts'

/** By what mail programs find the servers, and set themselves up. */
export function clientRecords(facts: DomainFacts): readonly WantedRecord[] {
  return [...hosts(facts), ...pacc(facts), ...services(facts)]
}

/** Where a name must lead for each of its kind. */
function hosts({ domain, hostname, clients }: DomainFacts): readonly WantedRecord[] {
  const { http, https } = clients.publicPorts
  // Nobody who looks at these names looks at another port.
  const isWeb = https === 443 || http === 80
  const wanted = [
    ...(isWeb ? ([['autoconfig', 'should', 'Thunderbird, K-9 and others ask it']] as const) : []),
    ...(https === 443
      ? ([
          ['autodiscover', 'should', 'Outlook asks it'],
          ['ua-auto-config', 'nice', 'newer programs ask it'],
        ] as const)
      : []),
    ['mail', 'nice', 'people and programs guess it'],
    ['imap', 'nice', 'Outlook and the Gmail app guess it'],
    ['smtp', 'nice', 'Outlook and the Gmail app guess it'],
    ['pop', 'nice', 'programs guess it'],
  ] as const
  return (
    wanted
      .map(([label, level, why]) => ({ level, name: `${label}.${domain}`, why }))
      // These have addresses of their own; and what an MX record names is no alias (RFC 2181 §10.3).
      .filter(({ name }) => name !== clients.publicHost && name !== hostname.toLowerCase())
      .map(({ level, name, why }) => hostRecord(level, name, clients.publicHost, why))
  )
}

/** A name that leads to this server. */
export function hostRecord(
  level: WantedRecord['level'],
  name: string,
  target: string,
  why: string,
): WantedRecord {
  return { level, purpose: 'host', name, type: 'CNAME', value: `${target}.`, why }
}

function pacc({ domain, clients }: DomainFacts): readonly WantedRecord[] {
  const body = paccJson(offerFor({ clients }, domain))
  if (body === undefined || clients.publicPorts.https !== 443) return []
  return [
    {
      level: 'nice',
      purpose: 'text',
      name: `_ua-auto-config.${domain}`,
      type: 'TXT',
      value: paccRecord(body),
      why: 'says that the settings at ua-auto-config are your own; it changes with the configuration',
    },
  ]
}

/**
 * RFC 6186 and RFC 8314 §5.1: where TLS is spoken from the first octet. The names for STARTTLS say that there is no such service
 * (RFC 6186 §3.4), so that no program is talked out of TLS (RFC 8314 §3).
 */
function services({ domain, clients }: DomainFacts): readonly WantedRecord[] {
  const { publicHost: host, publicPorts: ports } = clients
  const all = [
    ['_imaps', ports.imaps, 'should'],
    ['_submissions', ports.submissions, 'should'],
    ['_pop3s', ports.pop3s, 'nice'],
    ['_imap', 0, 'nice'],
    ['_submission', 0, 'nice'],
    ['_pop3', 0, 'nice'],
  ] as const
  const records = all.map(([service, port, level]): WantedRecord => {
    const value = port === 0 ? '0 0 0 .' : `0 1 ${port} ${host}.`
    const why = port === 0 ? 'says that TLS is to be used' : 'mail programs set themselves up by it'
    const name = `${service}._tcp.${domain}`
    return { level, purpose: 'service', name, type: 'SRV', value, why }
  })
  if (ports.https !== 443) return records
  const outlook: WantedRecord = {
    level: 'nice',
    purpose: 'service',
    name: `_autodiscover._tcp.${domain}`,
    type: 'SRV',
    value: `0 0 443 ${host}.`,
    why: 'Outlook looks there when autodiscover does not answer',
  }
  return [...records, outlook]
}

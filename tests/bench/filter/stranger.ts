import type { AuthenticationVerdict } from '@posthouse/mail-auth'

/** What authentication says where there is nothing to ask: the corpus has no DNS of its time. */
export function strangerVerdict(at: Date): AuthenticationVerdict {
  const because = 'not asked'
  const none = { result: 'none', domain: '', because } as const
  return {
    input: { address: '192.0.2.1', helo: 'client.example', mailFrom: '', at },
    spf: { helo: { ...none, identity: 'helo' }, mailFrom: { ...none, identity: 'mailfrom' } },
    dkim: [],
    dmarc: { ...none, policy: 'none', isTesting: false, aligned: [] },
    arc: { result: 'none', sealers: [], isTrusted: false, because },
    reverse: { result: 'pass', name: 'client.example', because },
    authenticated: [],
    evidence: [],
  }
}

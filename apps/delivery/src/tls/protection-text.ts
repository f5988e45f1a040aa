import type { Session } from '../session-opener.ts'

/** What protected a session, for people: `TLSv1.3 by DANE`, `TLSv1.3`, `in the clear`. */
export function protectionText({ client, security }: Pick<Session, 'client' | 'security'>): string {
  if (client.tls === undefined) return 'in the clear'
  const { policy, isVerified } = security
  const by = { none: '', opportunistic: '', dane: ' by DANE', sts: ' by MTA-STS', relay: '' }[
    policy
  ]
  return `${client.tls.protocol}${by}${isVerified && by === '' ? ', proved' : ''}`
}

import type { AuthenticationInput, AuthenticationVerdict, SpfVerdict } from '@posthouse/mail-auth'

/**
 * What is known of a message without asking DNS: of one of our own users, who signed in (the domains are theirs, and vouched for),
 * or where checks are switched off (no domains).
 */
export function ownWord(
  input: AuthenticationInput,
  authenticated: readonly string[],
  because: string,
): AuthenticationVerdict {
  const spf = (identity: SpfVerdict['identity']): SpfVerdict => ({
    result: 'none',
    identity,
    domain: '',
    because,
  })
  return {
    input,
    spf: { helo: spf('helo'), mailFrom: spf('mailfrom') },
    dkim: [],
    dmarc: {
      result: 'none',
      domain: authenticated[0] ?? '',
      policy: 'none',
      isTesting: false,
      aligned: authenticated,
      because,
    },
    arc: { result: 'none', sealers: [], isTrusted: false, because },
    reverse: { result: 'permerror', because },
    authenticated,
    evidence: [],
  }
}

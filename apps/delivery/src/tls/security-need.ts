import type { ClaimedMessage } from '@posthouse/store'

/**
 * How much protection a message asks for. `required`: REQUIRETLS (RFC 8689 §4.1), all the way or not at all. `optional`:
 * `TLS-Required: no` (§4.3), what receivers ask for by policy may be left undone. `usual`: as the receivers' policies say.
 */
export type SecurityNeed = 'usual' | 'required' | 'optional'

/** What a message asks for; where it asks for both, REQUIRETLS counts (RFC 8689 §4.3). */
export function securityNeedOf({
  requiresTls,
  isTlsOptional,
}: Pick<ClaimedMessage, 'requiresTls' | 'isTlsOptional'>): SecurityNeed {
  if (requiresTls) return 'required'
  return isTlsOptional ? 'optional' : 'usual'
}

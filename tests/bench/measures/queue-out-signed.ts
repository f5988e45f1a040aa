import { drain } from './queue-out.ts'
import { at, type Measure } from '../measure.ts'

/**
 * `queue-out` with DKIM signatures on what arrives. Posthouse signs on the way out, with RSA-2048 and Ed25519, and that is in its
 * time. Postfix has OpenDKIM sign with RSA-2048 when it takes a message, which is before the clock starts: the figure is Postfix's
 * at its best. The sink counts signed messages only.
 */
export const queueOutSigned: Measure = {
  name: 'queue-out-signed',
  accounts: () => 1,
  cases: (scale) => {
    const messages = at(scale, { full: 5_000, quick: 2_000, smoke: 20 })
    return [drain('queue-out-signed', { destinations: 10, messages, isSigned: true })]
  },
}

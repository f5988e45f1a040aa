import type { Patient } from '../doctor/finding.ts'
import type { Case } from './stage.ts'

/** A case as the doctor's checks want it. */
export function patientOf({ config, status, store, resolver, addresses }: Case): Patient {
  const rest = { domains: [], isOffline: false, timeServer: '' }
  return { config, status, store, resolver, addresses, ...rest }
}

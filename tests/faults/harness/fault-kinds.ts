import { appFaults } from './app-faults.ts'
import { certificateFaults } from './certificate-faults.ts'
import { databaseFaults } from './database-faults.ts'
import { pointFaults } from './fault-points.ts'
import type { FaultKind } from './scene.ts'

/** All that the harness can break, by name. */
export const faultKinds: readonly FaultKind[] = [
  ...appFaults,
  ...pointFaults,
  ...databaseFaults,
  ...certificateFaults,
]

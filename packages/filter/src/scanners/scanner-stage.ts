import type { OnFailure, Stage, StageHealth } from '../stage.ts'
import type { GateLimits } from './gate.ts'

/** A stage that asks a service of the operator's. */
export interface ScannerStage extends Stage {
  health(): StageHealth
  /** Asks the service how it is, now. Never rejects. */
  probe(signal: AbortSignal): Promise<StageHealth>
}

/** What all scanners are told. */
export interface ScannerOptions {
  readonly onFailure: OnFailure
  readonly deadlineMs?: number
  readonly connectMs?: number
  readonly limits?: Partial<GateLimits>
}

/** Longest wait for a connection: a scanner is near. */
export const usualConnectMs = 3_000

/** A scanner's health out of one question. */
export async function probed(ask: () => Promise<string>): Promise<StageHealth> {
  try {
    return { isWell: true, text: await ask() }
  } catch (error) {
    return { isWell: false, text: error instanceof Error ? error.message : String(error) }
  }
}

import type { ProcessSuite } from '../../journeys/house/process-suite.ts'
import { descendantsOf } from '../process-tree.ts'
import type { Dice } from './dice.ts'
import type { Orders } from './orders.ts'
import type { SmallDisk } from './small-disk.ts'

/** What faults strike at, and with. */
export interface Scene {
  readonly suite: ProcessSuite
  readonly dice: Dice
  readonly orders: Orders
  /** The database's file system, where it has one of its own. */
  readonly disk: SmallDisk | undefined
  /** Notes something that must not happen. */
  readonly complain: (text: string) => void
}

/** Something that breaks, and mends again by itself or in `strike`. */
export interface FaultKind {
  readonly name: string
  /** Mail may be sent twice when this strikes between a remote host's 250 and its record (RFC 5321 §4.1.1.4). */
  readonly mayRepeat: boolean
  /** Why it cannot be done on this machine; undefined when it can. */
  readonly whyNot?: () => string | undefined
  /** Resolves when it is over. @returns false when there was nothing to strike at */
  strike(scene: Scene): Promise<boolean>
}

/** The processes of an app: the one that `up` started, and its workers where it has some. */
export async function familyOf(suite: ProcessSuite, app: string): Promise<readonly number[]> {
  const pid = await suite.pidOf(app)
  return [pid, ...(await descendantsOf(pid))]
}

/** Sends a signal to a process that may have ended by itself. */
export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between: that counts as well.
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

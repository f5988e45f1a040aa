import { deletedBit, seenBit, systemFlags } from './flags.ts'
import type { FlagCommand } from './log-payload.ts'
import type { TraceEvent } from './trace-event.ts'

/** Flags whose change the trace tells: read or not, and marked for deletion or not. */
const toldBits = seenBit | deletedBit

/** What the trace tells of flag changes: those of \Seen and \Deleted. Everything else is in the mailbox's log, for a day. */
export function flagEvents(
  commands: readonly FlagCommand[],
): readonly Pick<TraceEvent, 'kind' | 'uids' | 'details'>[] {
  return commands.flatMap(({ remove, add, uids }) => {
    if (((remove | add) & toldBits) === 0) return []
    // FLAGS replaces: everything that is not added is removed.
    const isSet = (remove | add) >>> 0 === 0xffff_ffff
    const details = isSet ? { set: namesOf(add) } : { add: namesOf(add), remove: namesOf(remove) }
    return [{ kind: 'flagged', uids, details }]
  })
}

function namesOf(flags: number): readonly string[] {
  return systemFlags.filter((_, bit) => (flags & (1 << bit)) !== 0)
}

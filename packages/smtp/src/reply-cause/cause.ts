import type { CauseEntry, CauseKind } from './cause-entry.ts'
import { ourCauses } from './our-causes.ts'
import { recipientCauses } from './recipient-causes.ts'
import { wayCauses } from './way-causes.ts'

/** Why a message was not taken, in words for whoever sent it. */
export interface Cause {
  /** Stable, for statistics: `no-mailbox`. */
  readonly id: CauseId
  readonly kind: CauseKind
  /** What happened: one sentence, at most 140 characters, true whether it is final or not. */
  readonly say: string
  /** What the sender can do when it is final: at most 140 characters. */
  readonly next: string
  /** It is about our server, its address or our domain: the operator can mend it. */
  readonly isAboutUs: boolean
  /** What the operator can do, where it is something. */
  readonly operator?: string
}

/** What causes there are. */
export type CauseId = keyof typeof dictionary

/** The one table that bounces, the queue's commands and `posthouse help CODE` speak from. */
const dictionary = { ...recipientCauses, ...ourCauses, ...wayCauses }

const causes: ReadonlyMap<string, Cause> = new Map(
  Object.entries<CauseEntry>(dictionary).map(([id, entry]) => [id, made(id, entry)]),
)

function made(id: string, { kind, say, next, isAboutUs, operator }: CauseEntry): Cause {
  if (!isCauseId(id)) throw new Error(`${id} is no cause`)
  return {
    id,
    kind,
    say,
    next,
    isAboutUs: isAboutUs === true,
    ...(operator === undefined ? {} : { operator }),
  }
}

/** Whether a word names a cause. */
export function isCauseId(id: string): id is CauseId {
  return Object.hasOwn(dictionary, id)
}

/** The cause of a name. */
export function causeNamed(id: CauseId): Cause {
  const cause = causes.get(id)
  if (cause === undefined) throw new Error(`${id} is no cause`)
  return cause
}

/** All there are. */
export const allCauses: readonly Cause[] = [...causes.values()]

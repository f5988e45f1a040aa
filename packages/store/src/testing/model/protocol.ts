/** A message's flags as one text: names in small letters, sorted, a space between. */
export type FlagsKey = string

/** One thing a worker is to do. Mailboxes are named by id; `deliver` finds its place by name, as mail does. */
export type ModelOp =
  | {
      readonly kind: 'deliver'
      readonly box: number
      readonly boxName: string
      readonly name: string
      readonly flags: readonly string[]
    }
  | {
      readonly kind: 'append'
      readonly box: number
      readonly name: string
      readonly flags: readonly string[]
    }
  | {
      readonly kind: 'store'
      readonly box: number
      readonly uids: readonly number[]
      readonly op: 'set' | 'add' | 'remove'
      readonly flags: readonly string[]
      readonly unchangedSince?: number
    }
  | { readonly kind: 'expunge'; readonly box: number; readonly uids: readonly number[] }
  | {
      readonly kind: 'copy' | 'move'
      readonly box: number
      readonly uids: readonly number[]
      readonly to: number
    }
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'rename'; readonly box: number; readonly from: string; readonly to: string }
  | { readonly kind: 'delete'; readonly box: number; readonly name: string }
  | { readonly kind: 'restore'; readonly box: number; readonly name: string }
  | { readonly kind: 'undelete'; readonly box: number }
  /** Checkpoint, trim and segments; nothing that anybody may notice. */
  | { readonly kind: 'tend'; readonly box: number }
  | { readonly kind: 'purge'; readonly box: number }
  /** Lets go of the mailbox; what the process keeps of it may be dropped. */
  | { readonly kind: 'close'; readonly box: number }
  /** Hears what is new in the mailbox, perhaps without expunges; compares it with the state, or lets that rest. */
  | {
      readonly kind: 'listen'
      readonly box: number
      readonly keepExpunged: boolean
      readonly compares: boolean
    }

/** What one client does, one thing after the other. */
export interface LaneList {
  readonly account: string
  readonly lane: number
  readonly ops: readonly ModelOp[]
}

/** What came of it. */
export interface ModelAnswer {
  /** The new message's UID. */
  readonly uid?: number
  readonly changed?: readonly (readonly [uid: number, flags: FlagsKey])[]
  readonly modified?: readonly number[]
  readonly expunged?: readonly number[]
  readonly pairs?: readonly (readonly [from: number, to: number])[]
  /** The new mailbox's id. */
  readonly box?: number
  readonly restored?: number
  /** A connection was lost meanwhile: what was found done when it was asked for again is left out. */
  readonly hadLoss?: boolean
}

/** What a worker is asked to look at in one mailbox. */
export interface LookRequest {
  readonly account: string
  readonly box: number
  /** Which lane opens the mailbox where none of the process has it open: `spectator` looks without writing. */
  readonly lane: number
  /** Messages at or above this UID are told with their names. */
  readonly namesFrom: number
  /** What changed and vanished since this modseq is told, by the one who tells rows. */
  readonly since: number
  /** Rows are told, not only their digest. */
  readonly isWhole: boolean
}

/** A message as a worker's state has it. */
export type ModelRow = readonly [
  uid: number,
  flags: FlagsKey,
  modSeq: number,
  messageId: number,
  size: number,
]

/** What it saw there. */
export interface LookAnswer {
  readonly box: number
  readonly highestModSeq: number
  readonly uidNext: number
  readonly uidValidity: number
  readonly unseen: number
  readonly deleted: number
  readonly bytes: number
  /** Of all rows. */
  readonly digest: string
  readonly rows: readonly ModelRow[]
  readonly names: readonly (readonly [uid: number, name: string])[]
  readonly changedSince: readonly ModelRow[]
  /** Undefined: longer ago than expunges are remembered. */
  readonly vanishedSince: readonly number[] | undefined
  /** New UIDs that are \Recent in a session of this process, once for each session. */
  readonly recent: readonly number[]
}

/** The lane of a process that only looks. */
export const spectator = -1

/** From the coordinator to a worker. */
export type ToWorker =
  | { readonly type: 'work'; readonly lists: readonly LaneList[] }
  | { readonly type: 'look'; readonly requests: readonly LookRequest[] }
  | { readonly type: 'stop' }

/** One answer of a list, by the list's and the operation's place. */
export type ListAnswer = readonly [list: number, n: number, answer: ModelAnswer]

/** And back. A list whose database was away ends early: nobody knows what became of the next one, the rest was not begun. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'answers'; readonly answers: readonly ListAnswer[] }
  | { readonly type: 'worked' }
  | { readonly type: 'looked'; readonly boxes: readonly LookAnswer[] }

/** Names as a key. */
export function flagsKey(names: readonly string[]): FlagsKey {
  return [...new Set(names.map((name) => name.toLowerCase()))].toSorted().join(' ')
}

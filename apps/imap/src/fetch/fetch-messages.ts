import type { Uid } from '@posthouse/store'
import { limits } from '../limits.ts'
import { blocksOf, type MessageBlock } from '../mailbox/resolve-messages.ts'
import type { SeqRange } from '../mailbox/sequence-numbers.ts'
import type { Reader } from '../session/context.ts'
import { Octets } from '../session/octets.ts'
import { statesOf, withStates, type FetchPlan } from './fetch-plan.ts'
import { fetchFacts } from './fetch-facts.ts'
import { fetchStates } from './fetch-states.ts'
import { MessageResponse, type FetchedFacts, type Material } from './message-response.ts'

const seen = 1

/**
 * The FETCH responses of a command, in chunks. Works block by block, and makes the next block only
 * when the last was taken: neither a million messages nor a client that stops reading costs more
 * than one. Returns what went wrong with some of them.
 */
export async function* fetchMessages(
  reader: Reader,
  ranges: readonly SeqRange[],
  plan: FetchPlan,
): AsyncGenerator<Buffer, FetchTrouble> {
  const states = statesOf(plan)
  if (states !== undefined) {
    const { areGone } = yield* fetchStates(reader.selected, ranges, states)
    return { areGone, hasUnknownEncoding: false }
  }
  const listing = fetchFacts(reader.selected, ranges, plan)
  if (listing !== undefined) {
    const { areGone } = yield* listing
    return { areGone, hasUnknownEncoding: false }
  }
  const out = Octets.borrow()
  const trouble: FetchTrouble = { areGone: false, hasUnknownEncoding: false }
  try {
    for (const block of blocksOf(reader.selected, ranges, limits.factsBlock)) {
      if (reader.closed.aborted) break
      const flagged = plan.setsSeen ? await markSeen(reader, block) : noUids
      yield* writeMessages(reader, block, { plan, flagged, out, trouble })
      if (out.length >= limits.chunkBytes / 2) yield out.lend()
    }
    yield out.lend()
    return trouble
  } finally {
    out.giveBack()
  }
}

/** What kept a FETCH from telling everything. */
export interface FetchTrouble {
  /** Messages were gone for good. */
  areGone: boolean
  /** Parts were asked for by BINARY that nobody can decode. */
  hasUnknownEncoding: boolean
}

/** What one FETCH works with, from block to block. */
interface FetchWork {
  readonly plan: FetchPlan
  /** Messages that have got \\Seen by this. */
  readonly flagged: ReadonlySet<Uid>
  readonly out: Octets
  readonly trouble: FetchTrouble
}

const noUids: ReadonlySet<Uid> = new Set()

/** Sets \Seen where it is missing, with one write for the block. Returns where flags have changed. */
async function markSeen({ selected }: Reader, block: MessageBlock): Promise<ReadonlySet<Uid>> {
  const { open } = selected
  if (open.isReadOnly) return noUids
  const unseen = block.uids.filter((uid) => {
    const row = open.row(uid)
    return row !== undefined && !row.isGhost && (row.flags & seen) === 0
  })
  if (unseen.length === 0) return noUids
  const outcome = await open.setFlags(unseen, { op: 'add', flags: ['\\Seen'] })
  return new Set(outcome.ok ? outcome.changed : [])
}

async function* writeMessages(
  reader: Reader,
  block: MessageBlock,
  { plan, flagged, out, trouble }: FetchWork,
): AsyncGenerator<Buffer, void> {
  const { open } = reader.selected
  const response = new MessageResponse(reader.selected, out)
  const facts = plan.facts.length > 0 ? await factsOf(reader, block, plan) : undefined
  const saved = plan.needsSaved ? await open.savedAt(block.uids) : undefined
  const threads = plan.needsThreads ? await open.threadIds(block.uids) : undefined
  const bodies = bodiesOf(reader, block, plan)
  // RFC 7162 §3.2.4: what has got \Seen by this is told like any other change.
  const told = reader.selected.tellsModSeqs
    ? (['UID', 'FLAGS', 'MODSEQ'] as const)
    : (['FLAGS'] as const)
  const withFlags = withStates(plan.items, told)
  try {
    for (const [i, uid] of block.uids.entries()) {
      const whole = await bodies.next(uid)
      const row = open.row(uid)
      const fact = facts?.get(uid)
      if (row === undefined || whole === 'gone' || (facts !== undefined && fact === undefined)) {
        trouble.areGone = true
        continue
      }
      if (plan.needsOctets) open.noteFetched(uid, 'imap')
      const material: Material = {
        seq: block.seqs[i] ?? 0,
        row,
        facts: fact ?? {},
        octets: whole,
        savedAt: saved?.get(uid),
        threadId: threads?.get(uid),
      }
      yield* response.write(flagged.has(uid) ? withFlags : plan.items, material)
      if (out.length >= limits.chunkBytes / 2) yield out.lend()
    }
  } finally {
    await bodies.close()
    if (response.hasUnknownEncoding) trouble.hasUnknownEncoding = true
  }
}

async function factsOf(
  reader: Reader,
  block: MessageBlock,
  plan: FetchPlan,
): Promise<ReadonlyMap<Uid, FetchedFacts>> {
  const facts = new Map<Uid, FetchedFacts>()
  for await (const one of reader.selected.open.facts(block.uids, plan.facts))
    facts.set(one.uid, one)
  return facts
}

/** Whole messages, asked for in order: undefined where one is read piece by piece instead. */
interface Bodies {
  next(uid: Uid): Promise<Buffer | undefined | 'gone'>
  close(): Promise<void>
}

const noBodies: Bodies = {
  next: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
}

function bodiesOf(reader: Reader, block: MessageBlock, plan: FetchPlan): Bodies {
  if (!plan.needsOctets) return noBodies
  const { open } = reader.selected
  const small = new Set(block.uids.filter((uid) => (open.row(uid)?.size ?? 0) <= limits.wholeBytes))
  if (block.uids.length === 1) {
    return {
      next: async (uid) =>
        small.has(uid) ? ((await reader.bodies.one(uid)) ?? 'gone') : undefined,
      close: () => Promise.resolve(),
    }
  }
  const iterator = open.bodies([...small])[Symbol.asyncIterator]()
  let ahead: Awaited<ReturnType<typeof iterator.next>> | undefined
  return {
    async next(uid) {
      if (!small.has(uid)) return undefined
      const step = (ahead ??= await iterator.next())
      // The iterator passes over what is gone: then the one it has is a later one's.
      if (step.done === true || step.value.uid !== uid) return 'gone'
      ahead = undefined
      return step.value.octets
    },
    async close() {
      await iterator.return?.()
    },
  }
}

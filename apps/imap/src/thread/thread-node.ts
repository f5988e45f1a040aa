import { patientSort } from '../sort/patient-sort.ts'

/** A message in a thread, or a place where one is missing. */
export interface ThreadNode {
  /** The message's index among those that are threaded; -1: a dummy, which only stands at the top. */
  readonly message: number
  children: ThreadNode[]
}

/** What threading knows of each message, index by index. */
export interface ThreadedMessages {
  /** Seconds since 1970: the sent date, or the internal one (RFC 5256 §2.2). */
  readonly dates: readonly number[]
  /** Base subjects as collation keys. */
  readonly subjects: readonly string[]
  readonly areReplies: readonly boolean[]
}

/** A dummy sorts as its first child, which its children must have been sorted for. */
export function standIn(node: ThreadNode): number {
  return node.message >= 0 ? node.message : (node.children[0]?.message ?? 0)
}

/**
 * Siblings by sent date; those of one moment as they stand in the mailbox (RFC 5256 §3, steps 4 and 6). Where there
 * are many it takes its time, and others have their turn.
 */
export function sortByDate(
  nodes: ThreadNode[],
  { dates }: ThreadedMessages,
): Promise<void> | undefined {
  if (nodes.length < 2) return undefined
  const compare = (a: ThreadNode, b: ThreadNode): number => {
    const [left, right] = [standIn(a), standIn(b)]
    return (dates[left] ?? 0) - (dates[right] ?? 0) || left - right
  }
  if (nodes.length > fewNodes) return sortMany(nodes, compare)
  nodes.sort(compare)
  return undefined
}

async function sortMany(
  nodes: ThreadNode[],
  compare: (a: ThreadNode, b: ThreadNode) => number,
): Promise<void> {
  const before = [...nodes]
  const at = (i: number): ThreadNode => before[i] ?? nowhere
  const order = await patientSort(before.length, (i, k) => compare(at(i), at(k)))
  for (const [i, from] of order.entries()) nodes[i] = at(from)
}

/** So many are sorted at once. */
const fewNodes = 4096
const nowhere: ThreadNode = { message: -1, children: [] }

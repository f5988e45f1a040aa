import { mergeSubjects } from './merge-subjects.ts'
import { patiently } from './patiently.ts'
import { sortByDate, type ThreadedMessages, type ThreadNode } from './thread-node.ts'

/**
 * REFERENCES (RFC 5256 §3, steps 2 to 6) from the parents that step 1 and 3 have found: see `ReferenceLinks.parents`.
 */
export async function referenceThreads(
  messages: ThreadedMessages,
  parents: Int32Array,
): Promise<ThreadNode[]> {
  const roots = await mergeSubjects(await rootsOf(parents, messages), messages)
  await sortByDate(roots, messages)
  return roots
}

/** The tops of the threads, everything beneath them sorted. Dummies with one child have made room for it. */
async function rootsOf(parents: Int32Array, messages: ThreadedMessages): Promise<ThreadNode[]> {
  const nodes: ThreadNode[] = []
  await patiently(parents, (_, message) => {
    nodes.push({ message, children: [] })
  })
  const dummies = new Map<number, ThreadNode>()
  const roots: ThreadNode[] = []
  await patiently(nodes, (node) => {
    const parent = parents[node.message] ?? -1
    if (parent >= 0) nodes[parent]?.children.push(node)
    else if (parent === -1) roots.push(node)
    else dummyAt(dummies, parent).children.push(node)
  })
  await patiently(dummies.values(), (dummy) => {
    const [only, more] = dummy.children
    roots.push(only !== undefined && more === undefined ? only : dummy)
    return sortByDate(dummy.children, messages)
  })
  await patiently(nodes, ({ children }) => sortByDate(children, messages))
  await sortByDate(roots, messages)
  return roots
}

function dummyAt(dummies: Map<number, ThreadNode>, place: number): ThreadNode {
  const known = dummies.get(place)
  if (known !== undefined) return known
  const dummy: ThreadNode = { message: -1, children: [] }
  dummies.set(place, dummy)
  return dummy
}

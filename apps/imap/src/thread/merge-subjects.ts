import { patiently } from './patiently.ts'
import { sortByDate, standIn, type ThreadedMessages, type ThreadNode } from './thread-node.ts'

/**
 * Gathers threads of one subject (RFC 5256 §3, REFERENCES, step 5). `roots` are sorted by date, and so are all their
 * children, also of what is made here.
 */
export async function mergeSubjects(
  roots: readonly ThreadNode[],
  messages: ThreadedMessages,
): Promise<ThreadNode[]> {
  const subjectOf = (node: ThreadNode): string => messages.subjects[standIn(node)] ?? ''
  const isReply = (node: ThreadNode): boolean =>
    node.message >= 0 && messages.areReplies[node.message] === true
  const first = new Map<string, ThreadNode>()
  await patiently(roots, (root) => {
    const subject = subjectOf(root)
    const known = first.get(subject)
    if (subject === '' || (known !== undefined && !isBetter(root, known, isReply))) return
    first.set(subject, root)
  })
  const kept = new Set(roots)
  const touched = new Set<ThreadNode>()
  await patiently(roots, (root) => {
    const subject = subjectOf(root)
    const known = first.get(subject)
    if (known === undefined || known === root) return
    kept.delete(root)
    if (known.message === -1) {
      if (root.message >= 0) known.children.push(root)
      else for (const child of root.children) known.children.push(child)
      touched.add(known)
    } else if (isReply(root) && !isReply(known)) {
      known.children.push(root)
      touched.add(known)
    } else {
      const both: ThreadNode = { message: -1, children: [known, root] }
      kept.delete(known)
      kept.add(both)
      touched.add(both)
      first.set(subject, both)
    }
  })
  await patiently(touched, ({ children }) => sortByDate(children, messages))
  return [...kept]
}

/** Who stands for a subject: a dummy, and rather what is no reply (step 5.B). */
function isBetter(
  root: ThreadNode,
  known: ThreadNode,
  isReply: (node: ThreadNode) => boolean,
): boolean {
  if (known.message === -1) return false
  return root.message === -1 || (isReply(known) && !isReply(root))
}

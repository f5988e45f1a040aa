import { patiently } from './patiently.ts'
import { sortByDate, type ThreadedMessages, type ThreadNode } from './thread-node.ts'

/**
 * ORDEREDSUBJECT (RFC 5256 §3): messages of one base subject are a thread, the first one sent its root and all others
 * its children. Threads come in the order of their roots.
 */
export async function orderedSubject(messages: ThreadedMessages): Promise<ThreadNode[]> {
  const threads = new Map<string, ThreadNode[]>()
  await patiently(messages.subjects, (subject, message) => {
    const node: ThreadNode = { message, children: [] }
    const thread = threads.get(subject)
    if (thread === undefined) threads.set(subject, [node])
    else thread.push(node)
  })
  await patiently(threads.values(), (thread) => sortByDate(thread, messages))
  const roots: ThreadNode[] = []
  await patiently(threads.values(), ([root, ...children]) => {
    if (root !== undefined) roots.push({ message: root.message, children })
  })
  await sortByDate(roots, messages)
  return roots
}

import { limits } from '../limits.ts'
import { Octets } from '../session/octets.ts'
import type { ThreadNode } from './thread-node.ts'

/**
 * `* THREAD (2)(3 6 (4 23)(44 7 96))` (RFC 5256 §4), in chunks. Threads may be as deep as there are messages:
 * nothing here calls itself.
 */
export function* formatThreads(
  roots: readonly ThreadNode[],
  number: (message: number) => number,
): Generator<Buffer, void> {
  const out = new Octets(4096)
  out.ascii('* THREAD')
  if (roots.length > 0) out.ascii(' ')
  for (const root of roots) {
    for (const written of thread(root, out, number)) if (written) yield out.take()
  }
  yield out.ascii('\r\n').take()
}

/** Writes one thread; says now and then whether much has been written. */
function* thread(
  root: ThreadNode,
  out: Octets,
  number: (message: number) => number,
): Generator<boolean, void> {
  // What is still to be written: threads to open, and parentheses to close.
  const todo: (ThreadNode | 'close')[] = [root]
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next === 'close') {
      out.ascii(')')
      continue
    }
    out.ascii('(')
    todo.push('close')
    let node: ThreadNode | undefined = next
    let separator = ''
    for (; node !== undefined; node = node.children.length === 1 ? node.children[0] : undefined) {
      if (node.message >= 0) {
        out.ascii(separator).uint(number(node.message))
        separator = ' '
      }
      if (node.children.length > 1) {
        out.ascii(separator)
        for (const child of node.children.toReversed()) todo.push(child)
      }
      yield out.length >= limits.chunkBytes
    }
  }
}

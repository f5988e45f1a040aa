/** Octets of one buffer: what one system call takes at a time, and enough for several messages. */
export const sendBufferBytes = 64 * 1024

/** Buffers kept for the next who sends, 2 MiB of the process; beyond, they go as they came. */
const mostKept = 32

const kept: Buffer[] = []

/**
 * A buffer to send from, of the process's own. Memory that is made and dropped for every message would have the whole heap
 * collected every 32 MB; what goes round costs nothing.
 */
export function takeSendBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(sendBufferBytes)
}

/** Gives it back, when the system has taken what was in it and nobody refers to it any more. */
export function returnSendBuffer(buffer: Buffer): void {
  if (kept.length < mostKept) kept.push(buffer)
}

import type { Readable } from 'node:stream'

/**
 * The lines of a stream of text, without their ends. Ends where the stream does, and throws what it fails with: node:readline
 * would wait for ever where a stream is destroyed.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of stream) {
    const parts = `${rest}${decoder.decode(piece as Buffer, { stream: true })}`.split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) yield line.replace(/\r$/, '')
  }
  if (rest !== '') yield rest
}

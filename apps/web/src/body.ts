import { limits } from './limits.ts'
import type { Visit } from './route.ts'

/**
 * The body of a request, as UTF-8; undefined where it is larger than anything that we want. Read from the socket itself, so
 * that what is said of its length is not believed.
 */
export async function bodyOf({ env: { incoming } }: Visit): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limits.bodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

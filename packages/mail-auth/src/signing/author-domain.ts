import { authorOf } from '../dmarc/author.ts'
import { findBody, viewMessage } from '../message-view.ts'

/** The domain of a message's From, lower-case A-label; undefined where there is none that everybody reads in the same way. */
export function authorDomainOf(octets: Buffer): string | undefined {
  const author = authorOf(viewMessage(octets.subarray(0, findBody(octets).bodyStart)))
  return author.ok ? author.domain : undefined
}

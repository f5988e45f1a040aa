import { setImmediate as nextTurn } from 'node:timers/promises'
import { bodyTexts } from '@posthouse/message'

/** Characters of a text that take long enough to let other sessions have their turn behind it. */
const longText = 256 * 1024

/** The folded text of a message's body for SEARCH BODY and TEXT (RFC 3501 §6.4.4). */
export async function messageText(content: Buffer): Promise<string> {
  const pieces: string[] = []
  for (const text of bodyTexts(content)) {
    pieces.push(text)
    if (text.length > longText) await nextTurn()
  }
  return pieces.join('\n')
}

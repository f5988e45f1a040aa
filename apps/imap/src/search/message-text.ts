import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  decodeWords,
  eachLeaf,
  indexMessage,
  isTextPart,
  partText,
  sliceSpan,
  type MimePart,
} from '@posthouse/message'
import { limits } from '../limits.ts'
import { fold } from './fold.ts'

/**
 * The text of a message's body as a reader sees it, folded, for SEARCH BODY and TEXT (RFC 3501
 * §6.4.4): text parts with their encodings undone, and the headers of parts and of messages inside.
 * Attachments that are no text are left out. Other sessions have their turn between large parts.
 */
export async function messageText(content: Buffer): Promise<string> {
  const root = indexMessage(content)
  const pieces: string[] = []
  let characters = 0
  for (const header of innerHeaders(root, root)) {
    const text = fold(decodeWords(unfolded(sliceSpan(content, header))))
    pieces.push(text)
    characters += text.length
    if (characters >= limits.searchCharacters) return pieces.join('\n')
  }
  for (const leaf of eachLeaf(root)) {
    if (characters >= limits.searchCharacters) break
    if (!isTextPart(leaf)) continue
    const text = fold(partText(content, shortened(leaf)))
    pieces.push(text)
    characters += text.length
    if (text.length > limits.searchPartBytes / 16) await nextTurn()
  }
  return pieces.join('\n')
}

function shortened(leaf: MimePart): MimePart {
  const { start, end } = leaf.body
  if (end - start <= limits.searchPartBytes) return leaf
  return { ...leaf, body: { start, end: start + limits.searchPartBytes } }
}

function unfolded(header: Buffer): string {
  return header.toString('latin1').replace(/\r?\n(?=[ \t])/g, '')
}

/** Headers beneath the message's own. */
function* innerHeaders(part: MimePart, root: MimePart): Generator<MimePart['header']> {
  if (part !== root) yield part.header
  if (part.message !== undefined) yield* innerHeaders(part.message, root)
  for (const child of part.children) yield* innerHeaders(child, root)
}

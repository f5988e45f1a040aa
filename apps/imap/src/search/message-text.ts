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

/**
 * The text of a message's body as a reader sees it, for SEARCH BODY and TEXT (RFC 3501 §6.4.4):
 * text parts with their encodings undone, and the headers of parts and of messages inside.
 * Attachments that are no text are left out.
 */
export function messageText(content: Buffer): string {
  const root = indexMessage(content)
  const pieces: string[] = []
  let characters = 0
  const add = (text: string): void => {
    if (characters < limits.searchCharacters) pieces.push(text)
    characters += text.length
  }
  for (const header of innerHeaders(root, root))
    add(decodeWords(unfolded(sliceSpan(content, header))))
  for (const leaf of eachLeaf(root)) {
    if (characters >= limits.searchCharacters) break
    if (isTextPart(leaf)) add(partText(content, leaf))
  }
  return pieces.join('\n')
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

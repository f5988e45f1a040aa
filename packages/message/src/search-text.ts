import { foldText } from './fold.ts'
import { headerFields, unfold } from './header-fields.ts'
import { htmlText } from './html-text.ts'
import {
  MAX_SEARCHED_CHARACTERS,
  MAX_SEARCHED_HEADER_BYTES,
  MAX_SEARCHED_PART_BYTES,
} from './limits.ts'
import { indexMessage } from './mime-index.ts'
import { eachLeaf, isTextPart, partText } from './part-text.ts'
import type { MimePart } from './part.ts'
import { sliceSpan } from './span.ts'
import { decodeWords } from './words.ts'

/**
 * The texts of a message's body as a reader sees it, folded, one by one, for SEARCH BODY and TEXT (RFC 3501 §6.4.4): headers
 * of parts and of messages inside it, then text parts with their encodings undone, HTML without its tags. Attachments that
 * are no text are left out; of a part, and of all together, only so much is looked at as `limits.ts` allows.
 *
 * The search index and the scan for what is not indexed both read these texts, so that they agree.
 */
export function* bodyTexts(content: Buffer): Generator<string> {
  const root = indexMessage(content)
  let left = MAX_SEARCHED_CHARACTERS
  for (const text of allTexts(content, root)) {
    yield text
    left -= text.length
    if (left <= 0) return
  }
}

/** The fields of a header block, name in lower case and value decoded and folded, for SEARCH HEADER and TEXT. */
export function searchedFields(
  header: Buffer,
): readonly { readonly name: string; readonly value: string }[] {
  const end = Math.min(header.length, MAX_SEARCHED_HEADER_BYTES)
  return headerFields(header, { start: 0, end }).map(({ name, value }) => {
    return { name: name.toLowerCase(), value: foldText(decodeWords(unfold(value))) }
  })
}

function* allTexts(content: Buffer, root: MimePart): Generator<string> {
  for (const header of innerHeaders(root, root)) {
    yield foldText(decodeWords(unfolded(sliceSpan(content, header))))
  }
  for (const leaf of eachLeaf(root)) if (isTextPart(leaf)) yield foldText(leafText(content, leaf))
}

/** A text part as it is read. */
function leafText(content: Buffer, leaf: MimePart): string {
  const text = partText(content, leaf, MAX_SEARCHED_PART_BYTES)
  return leaf.subtype.toLowerCase() === 'html' ? htmlText(text) : text
}

function unfolded(header: Buffer): string {
  return header.toString('latin1', 0, MAX_SEARCHED_HEADER_BYTES).replace(/\r?\n(?=[ \t])/g, '')
}

/** Headers beneath the message's own. */
function* innerHeaders(part: MimePart, root: MimePart): Generator<MimePart['header']> {
  if (part !== root) yield part.header
  if (part.message !== undefined) yield* innerHeaders(part.message, root)
  for (const child of part.children) yield* innerHeaders(child, root)
}

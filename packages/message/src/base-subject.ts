/** What SORT and THREAD compare of a subject. */
export interface BaseSubject {
  readonly text: string
  /** A mark of a reply or a forwarded message was taken off (RFC 5256 §2.1, §3 step 5). */
  readonly isReplyOrForward: boolean
}

/**
 * The base subject (RFC 5256 §2.1) of a decoded subject, by the letter: trailers `(fwd)`, leaders `re:`, `fw:`, `fwd:` with
 * their blobs `[…]`, blobs in front of something else, and `[fwd: …]` around it, until nothing is left of them.
 * Linear but for the nesting of `[fwd: …]`.
 */
export function baseSubject(subject: string): BaseSubject {
  let text = subject.replace(/[\t\r\n ]+/g, ' ')
  let isReplyOrForward = false
  for (;;) {
    const end = endOfMiddle(text)
    const start = startOfMiddle(text, end.at)
    isReplyOrForward ||= end.isMarked || start.isMarked
    text = text.slice(start.at, end.at)
    if (!/^\[fwd:/i.test(text) || !text.endsWith(']')) return { text, isReplyOrForward }
    text = text.slice('[fwd:'.length, -1)
    isReplyOrForward = true
  }
}

interface Edge {
  readonly at: number
  readonly isMarked: boolean
}

/** Before the trailers: `subj-trailer = "(fwd)" / WSP` (step 2). */
function endOfMiddle(text: string): Edge {
  let at = text.length
  let isMarked = false
  for (;;) {
    if (text[at - 1] === ' ') at -= 1
    else if (text.slice(Math.max(0, at - 5), at).toLowerCase() === '(fwd)') {
      at -= 5
      isMarked = true
    } else return { at, isMarked }
  }
}

/** Behind the leaders, and the blobs that something follows (steps 3 to 5). */
function startOfMiddle(text: string, end: number): Edge {
  let at = 0
  let isMarked = false
  for (;;) {
    at = skipSpaces(text, at, end)
    const blobs = blobsFrom(text, at, end)
    const afterBlobs = blobs.at(-1) ?? at
    const afterMark = endOfMark(text, afterBlobs, end)
    if (afterMark !== undefined) {
      at = afterMark
      isMarked = true
      continue
    }
    // A blob goes as long as something is left: the last one may be all there is.
    const last = afterBlobs < end ? afterBlobs : (blobs.at(-2) ?? at)
    return { at: last, isMarked }
  }
}

/** The ends of the blobs that stand one behind the other: `subj-blob = "[" *BLOBCHAR "]" *WSP`. */
function blobsFrom(text: string, start: number, end: number): number[] {
  const ends: number[] = []
  for (let at = endOfBlob(text, start, end); at !== undefined; at = endOfBlob(text, at, end)) {
    ends.push(at)
  }
  return ends
}

function endOfBlob(text: string, start: number, end: number): number | undefined {
  if (start >= end || text[start] !== '[') return undefined
  for (let at = start + 1; at < end; at += 1) {
    if (text[at] === '[') return undefined
    if (text[at] === ']') return skipSpaces(text, at + 1, end)
  }
  return undefined
}

/** `subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"`. */
function endOfMark(text: string, start: number, end: number): number | undefined {
  const word = /^(?:re|fwd?)/i.exec(text.slice(start, Math.min(start + 3, end)))?.[0]
  if (word === undefined) return undefined
  const afterWord = skipSpaces(text, start + word.length, end)
  const colon = endOfBlob(text, afterWord, end) ?? afterWord
  return colon < end && text[colon] === ':' ? colon + 1 : undefined
}

function skipSpaces(text: string, start: number, end: number): number {
  let at = start
  while (at < end && text[at] === ' ') at += 1
  return at
}

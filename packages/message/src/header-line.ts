/**
 * A value that can stand in a header field: controls (CR, LF and NUL among them) are spaces. The one
 * place through which a stranger's text enters a header that we write.
 */
export function headerValue(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
}

/** One field as lines of at most 76 characters where it has spaces to fold at (RFC 5322 §2.2.3). */
export function foldLine(field: string): string[] {
  return wrap(field, LINE).map((line, at) => (at === 0 ? line : ` ${line}`))
}

/** Text in lines of at most `width` characters; longer words stand alone, hard cut at 240. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(cut)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function cut(word: string): string[] {
  return word.length <= LONGEST_WORD ? [word] : (word.match(/.{1,240}/gsu) ?? [])
}

const LINE = 75
/** A line holds at most 998 octets (RFC 5322 §2.1.1). */
const LONGEST_WORD = 240

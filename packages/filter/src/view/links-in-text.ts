import { MAX_LINKS, MAX_LINK_CHARACTERS } from '../limits.ts'

/** Addresses that are written out in text, as readers' programs make them clickable; at most so many, each once. */
export function linksInText(text: string): readonly string[] {
  if (!text.includes('://') && !WWW.test(text)) return []
  const found = new Set<string>()
  for (const [written] of text.matchAll(ADDRESS)) {
    found.add(trimmed(written.slice(0, MAX_LINK_CHARACTERS)))
    if (found.size >= MAX_LINKS) break
  }
  return [...found]
}

/** Without the punctuation of the sentence around it; a closing bracket stays where the address opened one. */
function trimmed(written: string): string {
  let end = written.length
  while (end > 0) {
    const last = written.charAt(end - 1)
    const isBracket = last === ')' && !written.slice(0, end).includes('(')
    if (!isBracket && !PUNCTUATION.includes(last)) break
    end -= 1
  }
  const href = written.slice(0, end)
  return /^www\./i.test(href) ? `http://${href}` : href
}

const WWW = /\bwww\./i
const ADDRESS = /\b(?:https?:\/\/|ftp:\/\/|www\.)[^\s<>"'`{}|\\^\u00a0]{3,2048}/gi
const PUNCTUATION = '.,;:!?\'"]*_'

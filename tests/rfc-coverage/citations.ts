import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Transcripts by RFC and section; the section is '' where the whole RFC was cited. */
export type Citations = ReadonlyMap<number, ReadonlyMap<string, readonly string[]>>

/** An RFC with the sections behind it: `RFC 3501 §6.3.3-§6.3.5, §7.4.1`. */
const citation = /RFC (\d{4,5})((?:(?:[,;-]| and| to)? ?§\d+(?:\.\d+)*)*)/g

/** What the comments of all transcripts cite. */
export async function readCitations(root: string): Promise<Citations> {
  const found = new Map<number, Map<string, string[]>>()
  const names: string[] = []
  for await (const name of glob('tests/transcripts/*/*.txt', { cwd: root })) names.push(name)
  for (const name of names.toSorted()) {
    const text = await readFile(path.join(root, name), 'utf8')
    const transcript = name.replace('tests/transcripts/', '').replace(/\.txt$/, '')
    for (const [rfc, section] of cited(commentsOf(text))) {
      const sections = found.get(rfc) ?? new Map<string, string[]>()
      const transcripts = sections.get(section) ?? []
      if (!transcripts.includes(transcript)) transcripts.push(transcript)
      found.set(rfc, sections.set(section, transcripts))
    }
  }
  return found
}

function commentsOf(text: string): string {
  const comments = text.split('\n').filter((line) => line.startsWith('#'))
  return comments.map((line) => line.slice(1).trim()).join(' ')
}

/** RFC and section, one pair for each section that is named. */
export function cited(comments: string): readonly (readonly [number, string])[] {
  return [...comments.matchAll(citation)].flatMap(([, rfc, behind = '']) => {
    const sections = [...behind.matchAll(/§([\d.]+)/g)].map(([, section = '']) => section)
    return (sections.length === 0 ? [''] : sections).map((each) => [Number(rfc), each] as const)
  })
}

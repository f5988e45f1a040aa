import { decodeParts, findPart, type PartNode, type Span } from '@posthouse/message'
import type { Section } from '@posthouse/imap-wire'
import type { FetchedFacts } from './message-response.ts'

/**
 * Where a section stands in the message as it is served: our prefix, then the content (RFC 3501
 * §6.4.5). Undefined where the message has no such part: the answer is NIL. For HEADER.FIELDS it is
 * the header they are chosen from.
 */
export function sectionSpan(section: Section, size: number, facts: FetchedFacts): Span | undefined {
  if (section.part.length === 0 && section.text === undefined) return { start: 0, end: size }
  const shift = facts.prefix?.length ?? 0
  const top = shift + (facts.headerSize ?? 0)
  if (section.part.length === 0) {
    return section.text?.kind === 'TEXT' ? { start: top, end: size } : { start: 0, end: top }
  }
  if (facts.parts === undefined) return undefined
  const root = decodeParts(facts.parts)
  const part = findPart(root, section.part)
  if (part === undefined) return undefined
  const span = spanOfPart(part, section)
  if (span === undefined) return undefined
  // The message itself is part 1 of a message that is no multipart: its header has our prefix.
  const start = part === root && span === part.header ? 0 : span.start + shift
  return { start, end: span.end + shift }
}

function spanOfPart(part: PartNode, section: Section): Span | undefined {
  switch (section.text?.kind) {
    case undefined:
      return part.body
    case 'MIME':
      return part.header
    case 'TEXT':
      return part.message?.body
    default:
      return part.message?.header
  }
}

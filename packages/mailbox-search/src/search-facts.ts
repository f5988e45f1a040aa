import type { SearchField, SearchKey } from '@posthouse/imap-wire'
import type { SearchFact } from './searched-message.ts'

const header: readonly SearchFact[] = ['prefix', 'headerSize', 'header']

/** A capped field is looked up in the message's header, which then comes with its octets. */
const fields: Readonly<Record<SearchField, readonly SearchFact[]>> = {
  FROM: ['from', 'prefix', 'headerSize'],
  TO: ['to', 'prefix', 'headerSize'],
  CC: ['cc', 'prefix', 'headerSize'],
  BCC: ['bcc', 'prefix', 'headerSize'],
  SUBJECT: ['subject', 'prefix', 'headerSize'],
  BODY: ['prefix'],
  TEXT: header,
}

const datedBy: Readonly<Record<'internal' | 'sent' | 'saved', readonly SearchFact[]>> = {
  internal: [],
  sent: ['sentDay'],
  saved: ['savedAt'],
}

/** The facts a program can look at: no others are read. */
export function searchFacts(key: SearchKey): readonly SearchFact[] {
  return [...new Set(factsOf(key))]
}

function factsOf(key: SearchKey): readonly SearchFact[] {
  switch (key.key) {
    case 'TEXT':
      return fields[key.field]
    case 'HEADER':
      return header
    case 'DATE':
      return datedBy[key.which]
    case 'THREADID':
      return ['threadId']
    case 'NOT':
      return factsOf(key.operand)
    case 'OR':
      return [...factsOf(key.left), ...factsOf(key.right)]
    case 'AND':
      return key.operands.flatMap(factsOf)
    default:
      return []
  }
}

/** Whether a program looks into the text of bodies. */
export function looksAtBodies(key: SearchKey): boolean {
  switch (key.key) {
    case 'TEXT':
      return key.field === 'BODY' || key.field === 'TEXT'
    case 'NOT':
      return looksAtBodies(key.operand)
    case 'OR':
      return looksAtBodies(key.left) || looksAtBodies(key.right)
    case 'AND':
      return key.operands.some(looksAtBodies)
    default:
      return false
  }
}

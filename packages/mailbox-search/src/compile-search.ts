import {
  type Interval,
  intervalsInclude,
  resolveSet,
  type SearchField,
  type SearchKey,
  type SequenceSet,
} from '@posthouse/imap-wire'
import { foldText } from '@posthouse/message'
import { emailIdText, threadIdText } from './object-ids.ts'
import type { MessageNumbers } from './searched-mailbox.ts'
import type { KeptField, SearchedMessage } from './searched-message.ts'
import type { SearchTerms } from './search-terms.ts'

/**
 * A search program at work: true, false, or undefined while too little of the message is known.
 * What memory can decide is decided without reading anything.
 */
export type Test = (message: SearchedMessage) => boolean | undefined

/** What a program's numbers and flags mean. */
export interface SearchScope {
  readonly numbers: MessageNumbers
  /** What `$` stands for, as UIDs and as sequence numbers (RFC 5182 §2.1). */
  readonly saved: readonly Interval[]
  savedNumbers(set: SequenceSet): readonly Interval[]
  /** The time that OLDER and YOUNGER count from, seconds since 1970. */
  readonly now: number
  /** A test for one flag; no message has one that the account does not know. */
  flagTest(name: string): (flags: number) => boolean
  /** Takes the texts that the program looks for, for the search index. */
  readonly terms: SearchTerms
}

const secondsPerDay = 86_400

/** Makes a program ready for a mailbox. RFC 3501 §6.4.4. */
export function compileSearch(key: SearchKey, scope: SearchScope): Test {
  switch (key.key) {
    case 'ALL':
      return () => true
    case 'RECENT':
      return (message) => message.isRecent
    case 'FLAG':
      return flagTest(scope.flagTest(key.flag), key.isSet)
    case 'TEXT':
      return textTest(key.field, foldText(key.value), scope.terms)
    case 'HEADER':
      return headerTest(key.name.toLowerCase(), foldText(key.value), scope.terms)
    case 'DATE':
      return dateTest(key)
    case 'SIZE':
      return key.relation === 'LARGER'
        ? (message) => message.size > key.octets
        : (message) => message.size < key.octets
    case 'WITHIN': {
      // RFC 5032 §3: older than or as old as; younger than or as young as.
      const bound = scope.now - key.seconds
      return key.relation === 'OLDER'
        ? (message) => message.received <= bound
        : (message) => message.received >= bound
    }
    case 'MODSEQ':
      return (message) => message.modSeq >= key.modSeq
    case 'EMAILID':
      return (message) => emailIdText(message.messageId) === key.id
    case 'THREADID':
      return ({ threadId }) =>
        threadId === undefined ? undefined : threadIdText(threadId) === key.id
    case 'SEQUENCE': {
      const intervals = resolveSet(key.set, scope.numbers.size, scope.savedNumbers(key.set))
      return (message) => intervalsInclude(intervals, message.seq)
    }
    case 'UID': {
      const intervals = resolveSet(key.set, scope.numbers.lastUid, scope.saved)
      return (message) => intervalsInclude(intervals, message.uid)
    }
    case 'NOT':
      return not(compileSearch(key.operand, scope))
    case 'OR':
      return either(compileSearch(key.left, scope), compileSearch(key.right, scope))
    case 'AND':
      return and(key.operands.map((operand) => compileSearch(operand, scope)))
  }
}

function flagTest(has: (flags: number) => boolean, isSet: boolean): Test {
  return (message) => has(message.flags) === isSet
}

/** Every text is first looked for in what the index knows, if it was asked already. An empty one is everywhere. */
function textTest(field: SearchField, text: string, terms: SearchTerms): Test {
  if (field === 'TEXT') return either(linesTest(text, terms), bodyTest(text, terms))
  if (field === 'BODY') return bodyTest(text, terms)
  const kept = keptFields[field]
  const term = terms.add(kept, text)
  return (message) => message.indexed(term) ?? message.fieldContains(kept, text)
}

function bodyTest(text: string, terms: SearchTerms): Test {
  if (text === '') return () => true
  const term = terms.add('body', text)
  return (message) => message.indexed(term) ?? message.bodyContains(text)
}

function linesTest(text: string, terms: SearchTerms): Test {
  const term = terms.add('header', text)
  return (message) => message.indexed(term) ?? message.anyHeaderContains(text)
}

/** The index knows words of the header, not of which field they are: it can only say no. */
function headerTest(name: string, text: string, terms: SearchTerms): Test {
  const known = [terms.add('header', name), terms.add('header', text)]
  return (message) => {
    if (known.some((term) => message.indexed(term) === false)) return false
    return message.headerContains(name, text)
  }
}

const keptFields: Readonly<Record<Exclude<SearchField, 'TEXT' | 'BODY'>, KeptField>> = {
  FROM: 'from',
  TO: 'to',
  CC: 'cc',
  BCC: 'bcc',
  SUBJECT: 'subject',
}

function dateTest({ which, relation, date }: Extract<SearchKey, { key: 'DATE' }>): Test {
  if (which === 'sent') return sentDateTest(relation, date.toISOString().slice(0, 10))
  const test = instantTest(relation, date.getTime() / 1000)
  if (which === 'internal') return ({ received }) => test(received)
  return ({ savedAt }) => (savedAt === undefined ? undefined : test(savedAt))
}

/** INTERNALDATE and SAVEDATE are shown in UTC here, so their day is the day in UTC. */
function instantTest(
  relation: 'BEFORE' | 'ON' | 'SINCE',
  midnight: number,
): (instant: number) => boolean {
  if (relation === 'BEFORE') return (instant) => instant < midnight
  if (relation === 'SINCE') return (instant) => instant >= midnight
  return (instant) => instant >= midnight && instant < midnight + secondsPerDay
}

/** The day that stands in the Date field, whatever its zone; a message without one has no such day. */
function sentDateTest(relation: 'BEFORE' | 'ON' | 'SINCE', day: string): Test {
  return ({ facts }) => {
    const sent = facts?.sentDay
    if (sent === undefined) return undefined
    if (sent === null) return false
    if (relation === 'BEFORE') return sent < day
    return relation === 'SINCE' ? sent >= day : sent === day
  }
}

function not(operand: Test): Test {
  return (message) => {
    const result = operand(message)
    return result === undefined ? undefined : !result
  }
}

function either(left: Test, right: Test): Test {
  return (message) => {
    const one = left(message)
    if (one === true) return true
    const other = right(message)
    if (other === true) return true
    return one === undefined || other === undefined ? undefined : false
  }
}

function and(operands: readonly Test[]): Test {
  return (message) => {
    let result: boolean | undefined = true
    for (const operand of operands) {
      const one = operand(message)
      if (one === false) return false
      if (one === undefined) result = undefined
    }
    return result
  }
}

import {
  type Interval,
  intervalsInclude,
  resolveSet,
  type SearchKey,
  type SequenceSet,
} from '@posthouse/imap-wire'
import { emailIdText, threadIdText } from '../mailbox/object-ids.ts'
import type { SequenceNumbers } from '../mailbox/sequence-numbers.ts'
import { fold } from './fold.ts'
import type { SearchedMessage } from './searched-message.ts'

/**
 * A search program at work: true, false, or undefined while too little of the message is known.
 * What memory can decide is decided without reading anything.
 */
export type Test = (message: SearchedMessage) => boolean | undefined

/** What a program's numbers and flags mean. */
export interface SearchScope {
  readonly numbers: SequenceNumbers
  /** What `$` stands for, as UIDs and as sequence numbers (RFC 5182 §2.1). */
  readonly saved: readonly Interval[]
  savedNumbers(set: SequenceSet): readonly Interval[]
  /** The time that OLDER and YOUNGER count from, seconds since 1970. */
  readonly now: number
  /** A test for one flag; no message has one that the account does not know. */
  flagTest(name: string): (flags: number) => boolean
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
      return textTest(key.field, fold(key.value))
    case 'HEADER':
      return headerTest(key.name.toLowerCase(), fold(key.value))
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
      return or(compileSearch(key.left, scope), compileSearch(key.right, scope))
    case 'AND':
      return and(key.operands.map((operand) => compileSearch(operand, scope)))
  }
}

function flagTest(has: (flags: number) => boolean, isSet: boolean): Test {
  return (message) => has(message.flags) === isSet
}

function textTest(field: string, text: string): Test {
  switch (field) {
    case 'BODY':
      return (message) => text === '' || message.bodyContains(text)
    case 'TEXT':
      return (message) => {
        const header = message.anyHeaderContains(text)
        return header === true ? true : either(header, message.bodyContains(text))
      }
    case 'FROM':
      return (message) => message.fieldContains('from', text)
    case 'TO':
      return (message) => message.fieldContains('to', text)
    case 'CC':
      return (message) => message.fieldContains('cc', text)
    case 'BCC':
      return (message) => message.fieldContains('bcc', text)
    default:
      return (message) => message.fieldContains('subject', text)
  }
}

function headerTest(name: string, text: string): Test {
  return (message) => message.headerContains(name, text)
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

function or(left: Test, right: Test): Test {
  return (message) => {
    const result = left(message)
    return result === true ? true : either(result, right(message))
  }
}

function either(left: boolean | undefined, right: boolean | undefined): boolean | undefined {
  if (left === true || right === true) return true
  return left === undefined || right === undefined ? undefined : false
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

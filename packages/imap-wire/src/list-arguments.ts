import type { Cursor } from './cursor.ts'
import { listPattern, referenceName } from './mailbox-name.ts'
import { type StatusItem, statusItems } from './status-items.ts'
import { acceptSpace, list, opensList, optionalList, space, word } from './words.ts'

/** LIST's arguments, extended or plain (RFC 3501 §6.3.8, RFC 5258 §6). */
export interface ListArguments {
  readonly reference: string
  /** At least one. Unicode text with `%` and `*`; not yet joined to the reference. */
  readonly patterns: readonly string[]
  readonly select: ListSelection
  readonly returns: ListReturn
  /** Any of RFC 5258's syntax was used: then `LIST "" ""` has no special meaning (§3). */
  readonly isExtended: boolean
}

/** Which mailboxes are wanted. */
export interface ListSelection {
  readonly subscribed: boolean
  readonly remote: boolean
  readonly recursiveMatch: boolean
  /** Only mailboxes with a special use (RFC 6154 §5.2). */
  readonly specialUse: boolean
}

/** What is to be told about each. */
export interface ListReturn {
  readonly subscribed: boolean
  readonly children: boolean
  readonly specialUse: boolean
  /** A STATUS response for each mailbox (RFC 5819 §2); empty: none. */
  readonly status: readonly StatusItem[]
}

/** More patterns in one command are refused. */
const maxPatterns = 100

/**
 * `[list-select-opts SP] mailbox SP mbox-or-pat [SP "RETURN" SP list-return-opts]`
 * (RFC 5258 §6, RFC 5819 §4, RFC 6154 §6).
 */
export function listArguments(c: Cursor): ListArguments {
  const hasSelect = opensList(c)
  if (hasSelect) c.needs('LIST-EXTENDED')
  const select = hasSelect ? selectOptions(c) : noSelection
  if (hasSelect) space(c)
  const reference = referenceName(c)
  space(c)
  const hasPatternList = opensList(c)
  if (hasPatternList) c.needs('LIST-EXTENDED')
  const patterns = hasPatternList ? list(c, listPattern) : [listPattern(c)]
  if (patterns.length > maxPatterns) c.fail('too many patterns', 'LIMIT')
  const start = c.mark()
  const hasReturn = acceptSpace(c) && !c.isAtEnd()
  if (!hasReturn) c.reset(start)
  const returns = hasReturn ? returnOptions(c) : noReturn
  return {
    reference,
    patterns,
    select,
    returns,
    isExtended: hasSelect || hasPatternList || hasReturn,
  }
}

/** LSUB's arguments: `mailbox SP list-mailbox` (RFC 3501 §6.3.9). */
export function lsubArguments(c: Cursor): { readonly reference: string; readonly pattern: string } {
  const reference = referenceName(c)
  space(c)
  return { reference, pattern: listPattern(c) }
}

const noSelection: ListSelection = {
  subscribed: false,
  remote: false,
  recursiveMatch: false,
  specialUse: false,
}

const noReturn: ListReturn = { subscribed: false, children: false, specialUse: false, status: [] }

function selectOptions(c: Cursor): ListSelection {
  const names = new Set(optionalList(c, selectOption))
  // RECURSIVEMATCH needs a selection that it can widen (RFC 5258 §3.1).
  if (names.has('RECURSIVEMATCH') && !names.has('SUBSCRIBED') && !names.has('SPECIAL-USE')) {
    c.fail('RECURSIVEMATCH needs SUBSCRIBED')
  }
  return {
    subscribed: names.has('SUBSCRIBED'),
    remote: names.has('REMOTE'),
    recursiveMatch: names.has('RECURSIVEMATCH'),
    specialUse: names.has('SPECIAL-USE'),
  }
}

const selectNames = new Set(['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'])

function selectOption(c: Cursor): string {
  const name = word(c)
  if (!selectNames.has(name)) c.fail('no such LIST selection option')
  if (name === 'SPECIAL-USE') c.needs(name)
  return name
}

function returnOptions(c: Cursor): ListReturn {
  if (word(c) !== 'RETURN') c.fail('expected RETURN')
  c.needs('LIST-EXTENDED')
  space(c)
  const returns: { -readonly [Key in keyof ListReturn]: ListReturn[Key] } = { ...noReturn }
  optionalList(c, (inner) => {
    switch (word(inner)) {
      case 'SUBSCRIBED':
        returns.subscribed = true
        break
      case 'CHILDREN':
        inner.needs('CHILDREN')
        returns.children = true
        break
      case 'SPECIAL-USE':
        inner.needs('SPECIAL-USE')
        returns.specialUse = true
        break
      case 'STATUS':
        inner.needs('LIST-STATUS')
        space(inner)
        returns.status = statusItems(inner)
        break
      default:
        inner.fail('no such LIST return option')
    }
  })
  return returns
}

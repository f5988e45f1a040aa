import { appendArguments, replaceArguments } from '../append-arguments.ts'
import { commandStart } from '../command-start.ts'
import type { Cursor } from '../cursor.ts'
import { fetchItems } from '../fetch-items.ts'
import { storeAction } from '../flags.ts'
import { listArguments, lsubArguments } from '../list-arguments.ts'
import { mailbox } from '../mailbox-name.ts'
import { fetchModifiers, storeModifiers } from '../modifiers.ts'
import { searchProgram } from '../search-keys.ts'
import { searchReturn } from '../search-return.ts'
import { selectArguments } from '../select-arguments.ts'
import { sortArguments, threadArguments } from '../sort-arguments.ts'
import { sequenceSet } from '../sequence-set.ts'
import {
  authenticateArguments,
  compressArguments,
  copyArguments,
  createArguments,
  enableArguments,
  idParameters,
  loginArguments,
  renameArguments,
} from '../session-arguments.ts'
import { statusItems } from '../status-items.ts'
import { textAstring } from '../strings.ts'
import { end, space } from '../words.ts'

const fetch =
  (byUid: boolean) =>
  (c: Cursor): unknown => {
    const set = sequenceSet(c)
    space(c)
    return [set, fetchItems(c), fetchModifiers(c, byUid)]
  }

const store = (c: Cursor): unknown => {
  const set = sequenceSet(c)
  space(c)
  return [set, storeModifiers(c), storeAction(c)]
}

const search = (c: Cursor): unknown => [searchReturn(c), searchProgram(c)]

const sort = (c: Cursor): unknown => [searchReturn(c), sortArguments(c)]

const status = (c: Cursor): unknown => {
  const name = mailbox(c)
  space(c)
  return [name, statusItems(c)]
}

/** The arguments of every command, for tests that want any command. */
const parsers = new Map<string, (c: Cursor) => unknown>([
  ['LOGIN', loginArguments],
  ['AUTHENTICATE', authenticateArguments],
  ['SELECT', selectArguments],
  ['EXAMINE', selectArguments],
  ['CREATE', createArguments],
  ['DELETE', mailbox],
  ['RENAME', renameArguments],
  ['GETQUOTA', textAstring],
  ['GETQUOTAROOT', mailbox],
  ['COMPRESS', compressArguments],
  ['SUBSCRIBE', mailbox],
  ['LIST', listArguments],
  ['LSUB', lsubArguments],
  ['XLIST', lsubArguments],
  ['STATUS', status],
  ['APPEND', appendArguments],
  ['REPLACE', replaceArguments],
  ['UID REPLACE', replaceArguments],
  ['SEARCH', search],
  ['UID SEARCH', search],
  ['SORT', sort],
  ['UID SORT', sort],
  ['THREAD', threadArguments],
  ['FETCH', fetch(false)],
  ['UID FETCH', fetch(true)],
  ['STORE', store],
  ['UID STORE', store],
  ['COPY', copyArguments],
  ['UID MOVE', copyArguments],
  ['UID EXPUNGE', sequenceSet],
  ['ID', idParameters],
  ['ENABLE', enableArguments],
])

/** A whole command, from the tag to its end. */
export function wholeCommand(c: Cursor): unknown {
  const start = commandStart(c)
  const parser = parsers.get(start.name)
  if (parser === undefined) {
    end(c)
    return start
  }
  space(c)
  const args = parser(c)
  end(c)
  return [start, args]
}

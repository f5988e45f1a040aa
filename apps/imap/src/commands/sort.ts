import { searchReturn, sortArguments, space } from '@posthouse/imap-wire'
import { findMessages } from '../search/find-messages.ts'
import { answerExtended, answerPlainly } from '../search/search-answer.ts'
import { beginSearch, searching, taken } from '../search/searching.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { inTurns } from '../session/in-turns.ts'
import { sortMessages } from '../sort/sort-messages.ts'
import { withRoom } from '../sort/with-room.ts'

/** SORT and UID SORT: RFC 5256 §3, by display names (RFC 5957), with result options (RFC 5267 §3). */
export const sort = command({
  names: ['SORT', 'UID SORT'],
  state: 'selected',
  capabilities: ['SORT', 'SORT=DISPLAY', 'ESORT'],
  extension: () => 'SORT',
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const returns = searchReturn(c, 'ESORT')
    const args = searching(c, sortArguments)
    return { args, returns, byUid: verb.startsWith('UID') }
  },
  async *execute({ args, returns, byUid }, reader) {
    const { selected, sorting } = reader
    const { program, criteria } = taken(reader, args, returns)
    const begun = beginSearch(reader, program, returns)
    const found = yield* findMessages(reader, begun, 2)
    const sorted = yield* withRoom(sorting, found, sortMessages(reader, found, criteria))
    const options = { byUid, tellsModSeq: begun.tellsModSeq }
    if (returns !== undefined) {
      return yield* inTurns(answerExtended(selected, sorted, returns, options))
    }
    yield* inTurns(answerPlainly('SORT', selected, sorted, options))
    return ok('Sorted')
  },
})

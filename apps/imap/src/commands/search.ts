import { searchProgram, searchReturn, space } from '@posthouse/imap-wire'
import { findMessages } from '../search/find-messages.ts'
import { answerExtended, answerPlainly } from '../search/search-answer.ts'
import { beginSearch, searching, taken } from '../search/searching.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { inTurns } from '../session/in-turns.ts'

/**
 * SEARCH and UID SEARCH: RFC 3501 §6.4.4, with MODSEQ (RFC 7162 §3.1.5), ages (RFC 5032), result options (RFC 4731,
 * RFC 9394) and a result that is kept (RFC 5182).
 */
export const search = command({
  names: ['SEARCH', 'UID SEARCH'],
  state: 'selected',
  capabilities: ['ESEARCH', 'SEARCHRES', 'WITHIN', 'PARTIAL', 'INPROGRESS'],
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const returns = searchReturn(c)
    const program = searching(c, searchProgram)
    return { program, returns, byUid: verb.startsWith('UID') }
  },
  async *execute({ program, returns, byUid }, reader) {
    const { selected } = reader
    const begun = beginSearch(reader, taken(reader, program, returns), returns)
    const found = yield* findMessages(reader, begun)
    const options = { byUid, tellsModSeq: begun.tellsModSeq }
    if (returns !== undefined) {
      return yield* inTurns(answerExtended(selected, found, returns, options))
    }
    yield* inTurns(answerPlainly('SEARCH', selected, found, options))
    return ok('Searched')
  },
})

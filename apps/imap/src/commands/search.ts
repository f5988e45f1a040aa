import {
  asksForModSeq,
  end,
  parseWith,
  searchProgram,
  searchReturn,
  space,
  type ParseResult,
  type SearchKey,
  type SearchReturn,
} from '@posthouse/imap-wire'
import { findMessages } from '../search/find-messages.ts'
import { prepareSearch } from '../search/prepare-search.ts'
import { answerExtended, answerPlainly } from '../search/search-answer.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'

/** SEARCH's arguments. A program that is refused with NO has an effect nevertheless. */
interface SearchArgs {
  readonly program: ParseResult<SearchKey>
  readonly returns: SearchReturn | undefined
  readonly byUid: boolean
}

/**
 * SEARCH and UID SEARCH: RFC 3501 §6.4.4, with MODSEQ (RFC 7162 §3.1.5), ages (RFC 5032), result options (RFC 4731,
 * RFC 9394) and a result that is kept (RFC 5182).
 */
export const search = command({
  names: ['SEARCH', 'UID SEARCH'],
  state: 'selected',
  capabilities: ['ESEARCH', 'SEARCHRES', 'WITHIN', 'PARTIAL', 'INPROGRESS'],
  holdsNumbers: true,
  parse(c, verb): SearchArgs {
    space(c)
    const returns = searchReturn(c)
    const program = parseWith(c, (rest) => {
      const parsed = searchProgram(rest)
      end(rest)
      return parsed
    })
    if (!program.ok && program.error.code === undefined) throw program.error
    return { program, returns, byUid: verb.startsWith('UID') }
  },
  async *execute({ program, returns, byUid }, reader) {
    const { selected, enabled } = reader
    if (!program.ok) {
      // RFC 5182 §2.1: what ends in NO leaves `$` empty.
      if (returns?.save === true) selected.saved = []
      throw program.error
    }
    // Before `$` is emptied: the program may refer to it.
    const prepared = prepareSearch(selected, program.value)
    if (returns?.save === true) selected.saved = []
    const tellsModSeq = asksForModSeq(program.value)
    if (tellsModSeq) enabled.add('CONDSTORE')
    const found = yield* findMessages(reader, prepared)
    const options = { byUid, tellsModSeq }
    if (returns !== undefined) return yield* answerExtended(selected, found, returns, options)
    yield* answerPlainly('SEARCH', selected, found, options)
    return ok('Searched')
  },
})

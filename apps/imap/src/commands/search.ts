import { end, searchProgram, space } from '@posthouse/imap-wire'
import { limits } from '../limits.ts'
import { compileSearch } from '../search/compile-search.ts'
import { looksAtBodies, searchFacts } from '../search/search-facts.ts'
import { searchMessages } from '../search/search-messages.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { Octets } from '../session/octets.ts'

/** SEARCH and UID SEARCH. RFC 3501 §6.4.4. */
export const search = command({
  names: ['SEARCH', 'UID SEARCH'],
  state: 'selected',
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const program = searchProgram(c)
    end(c)
    return { program, byUid: verb.startsWith('UID') }
  },
  async *execute({ program, byUid }, reader) {
    const out = new Octets(4096)
    out.ascii('* SEARCH')
    const { numbers, open } = reader.selected
    const flagBits = (names: readonly string[]): number => open.flagBits(names)
    const test = compileSearch(program, { numbers, flagBits })
    const prepared = {
      test,
      facts: searchFacts(program),
      looksAtBodies: looksAtBodies(program),
    }
    for await (const found of searchMessages(reader, prepared)) {
      for (const { seq, uid } of found) out.ascii(' ').uint(byUid ? uid : seq)
      if (out.length >= limits.chunkBytes) yield out.take()
    }
    yield out.ascii('\r\n').take()
    return ok('Searched')
  },
})

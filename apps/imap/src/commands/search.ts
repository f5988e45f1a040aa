import { asksForModSeq, end, searchProgram, space } from '@posthouse/imap-wire'
import { limits } from '../limits.ts'
import { compileSearch } from '../search/compile-search.ts'
import { looksAtBodies, searchFacts } from '../search/search-facts.ts'
import { searchMessages } from '../search/search-messages.ts'
import { searchScope } from '../search/search-scope.ts'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { Octets } from '../session/octets.ts'

/** SEARCH and UID SEARCH: RFC 3501 §6.4.4, with MODSEQ (RFC 7162 §3.1.5) and ages (RFC 5032). */
export const search = command({
  names: ['SEARCH', 'UID SEARCH'],
  state: 'selected',
  capabilities: ['WITHIN'],
  holdsNumbers: true,
  parse(c, verb) {
    space(c)
    const program = searchProgram(c)
    end(c)
    return { program, byUid: verb.startsWith('UID') }
  },
  async *execute({ program, byUid }, reader) {
    const { selected, enabled } = reader
    const tellsModSeq = asksForModSeq(program)
    if (tellsModSeq) enabled.add('CONDSTORE')
    const prepared = {
      test: compileSearch(program, searchScope(selected)),
      facts: searchFacts(program),
      looksAtBodies: looksAtBodies(program),
    }
    const out = new Octets(4096)
    out.ascii('* SEARCH')
    let highest = 0
    for await (const found of searchMessages(reader, prepared)) {
      for (const { seq, uid, modSeq } of found) {
        out.ascii(' ').uint(byUid ? uid : seq)
        highest = Math.max(highest, modSeq)
      }
      if (out.length >= limits.chunkBytes) yield out.take()
    }
    // RFC 7162 §3.1.6: where something was found.
    if (tellsModSeq && highest > 0) out.ascii(' (MODSEQ ').uint(highest).ascii(')')
    yield out.ascii('\r\n').take()
    return ok('Searched')
  },
})

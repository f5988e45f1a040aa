import type { SearchKey } from '@posthouse/imap-wire'
import { compileSearch } from './compile-search.ts'
import { looksAtBodies, searchFacts } from './search-facts.ts'
import type { PreparedSearch } from './search-messages.ts'
import type { SearchedMailbox } from './searched-mailbox.ts'
import { SearchTerms } from './search-terms.ts'

/** Makes a program ready: its numbers, flags, `$` and ages mean what they mean in this mailbox at this moment. */
export function prepareSearch(mailbox: SearchedMailbox, program: SearchKey): PreparedSearch {
  const terms = new SearchTerms()
  const test = compileSearch(program, {
    numbers: mailbox.numbers,
    saved: mailbox.saved,
    savedNumbers: (set) => mailbox.savedNumbers(set),
    now: Math.floor(Date.now() / 1000),
    flagTest: (name) => mailbox.open.flagTest(name),
    terms,
  })
  return {
    test,
    terms: terms.list,
    facts: searchFacts(program),
    looksAtBodies: looksAtBodies(program),
  }
}

import type { SearchKey } from '@posthouse/imap-wire'
import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import { compileSearch } from './compile-search.ts'
import { looksAtBodies, searchFacts } from './search-facts.ts'
import type { PreparedSearch } from './search-messages.ts'
import { SearchTerms } from './search-terms.ts'

/** Makes a program ready: its numbers, flags, `$` and ages mean what they mean in this mailbox at this moment. */
export function prepareSearch(selected: SelectedMailbox, program: SearchKey): PreparedSearch {
  const terms = new SearchTerms()
  const test = compileSearch(program, {
    numbers: selected.numbers,
    saved: selected.saved,
    savedNumbers: (set) => selected.savedNumbers(set),
    now: Math.floor(Date.now() / 1000),
    flagTest: (name) => selected.open.flagTest(name),
    terms,
  })
  return {
    test,
    terms: terms.list,
    facts: searchFacts(program),
    looksAtBodies: looksAtBodies(program),
  }
}

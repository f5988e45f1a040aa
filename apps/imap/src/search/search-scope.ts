import type { SelectedMailbox } from '../mailbox/selected-mailbox.ts'
import type { SearchScope } from './compile-search.ts'

/** What a program's numbers, flags, `$` and ages mean in this mailbox at this moment. */
export function searchScope(selected: SelectedMailbox): SearchScope {
  return {
    numbers: selected.numbers,
    saved: { uids: selected.saved, numbers: selected.savedNumbers() },
    now: Math.floor(Date.now() / 1000),
    flagBits: (names) => selected.open.flagBits(names),
  }
}

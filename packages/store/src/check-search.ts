import type { Database } from './database.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { SearchDictionary } from './search-dictionary.ts'
import { indexedFields } from './search-fields.ts'
import { readSegments, type SegmentRow } from './search-rows.ts'
import { searchVersion, unpackUids } from './search-segment.ts'
import { tupleStatement } from './statement.ts'
import type { Finding } from './store.ts'

type PlaceRow = readonly [AccountId, number, number, number, number, boolean]

/** With where the row before ends, and whether there is such a mailbox. */
const placesStatement = tupleStatement<PlaceRow>(
  'check_search',
  `SELECT s.account_id, s.mailbox_id, s.first_uid, s.last_uid,
    coalesce(lag(s.last_uid) OVER (PARTITION BY s.account_id, s.mailbox_id ORDER BY s.first_uid), 0),
    EXISTS (SELECT FROM mailbox m WHERE m.account_id = s.account_id AND m.mailbox_id = s.mailbox_id)
  FROM search_segment s WHERE s.version = ${searchVersion} ORDER BY 1, 2, 3`,
)

/**
 * I11: the rows of the search index belong to mailboxes and do not overlap; each names messages of its range, and its
 * dictionaries are about these.
 */
export async function checkSearch(database: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const [account, mailbox, first, last, before, isOwned] of await database.query(
    placesStatement,
  )) {
    const here = { account: accountId(account), mailbox: mailboxId(mailbox) }
    const problem = await problemOf(database, here, { first, last, before, isOwned })
    if (problem === undefined) continue
    findings.push({ invariant: 'I11', ...here, text: `words from UID ${first} on ${problem}` })
  }
  return findings
}

async function problemOf(
  database: Database,
  { account, mailbox }: { readonly account: AccountId; readonly mailbox: MailboxId },
  place: {
    readonly first: number
    readonly last: number
    readonly before: number
    readonly isOwned: boolean
  },
): Promise<string | undefined> {
  if (!place.isOwned) return 'belong to no mailbox'
  if (place.last < place.first || place.before >= place.first) return 'overlap those before'
  const [row] = await readSegments(database, account, mailbox, [place.first], indexedFields)
  // Gone since it was listed.
  if (row === undefined) return undefined
  try {
    return await rowProblem(row)
  } catch (error) {
    // Whatever can not be unpacked.
    return `can not be read: ${String(error)}`
  }
}

async function rowProblem(row: SegmentRow): Promise<string | undefined> {
  const uids = unpackUids(row.uids)
  const isAscending = uids.every((uid, i) => uid > (uids[i - 1] ?? row.first - 1))
  if (uids.length !== row.messages || !isAscending || (uids.at(-1) ?? row.last) > row.last) {
    return 'are about other messages'
  }
  for (const packed of row.dictionaries.values()) {
    const { words, partial } = await new SearchDictionary(packed, row.messages).unpack()
    const isStrange = (list: readonly number[]): boolean => (list.at(-1) ?? -1) >= row.messages
    if (isStrange(partial) || [...words.values()].some(isStrange)) return 'have lists of strangers'
  }
  return undefined
}

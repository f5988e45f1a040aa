import { copyOut, sqlText } from './copy-out.ts'
import type { Database } from './database.ts'
import { selectFacts } from './fact-columns.ts'
import { accountId, mailboxId, type AccountId, type MailboxId } from './ids.ts'
import { segmentPartNames, segmentParts, UnpackedPart } from './segment-codec.ts'
import { tupleStatement } from './statement.ts'
import type { Finding } from './store.ts'

const placesStatement = tupleStatement<readonly [AccountId, number, number, number, number]>(
  'check_segments',
  `SELECT account_id, mailbox_id, first_uid, last_uid, n FROM mailbox_segment ORDER BY 1, 2, 3`,
)
const entriesStatement = tupleStatement<readonly [number, number]>(
  'check_segment_entries',
  `SELECT uid, message_id FROM entry WHERE account_id = $1::uuid AND mailbox_id = $2::bigint
    AND uid BETWEEN $3::bigint AND $4::bigint`,
)

interface Place {
  readonly account: AccountId
  readonly mailbox: MailboxId
  readonly first: number
  readonly last: number
  readonly n: number
}

/**
 * I10: segments of a mailbox are disjoint, hold entries of theirs only (purged ones are gone), and say of each message what
 * its row says.
 */
export async function checkSegments(database: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let before: Place | undefined
  for (const [account, mailbox, first, last, n] of await database.query(placesStatement)) {
    const here = { account: accountId(account), mailbox: mailboxId(mailbox), first, last, n }
    const isSame = before?.account === here.account && before.mailbox === here.mailbox
    const problem =
      isSame && before !== undefined && first <= before.last
        ? 'overlaps the one before'
        : await problemOf(database, here)
    before = here
    if (problem === undefined) continue
    const text = `segment ${first} ${problem}`
    findings.push({ invariant: 'I10', account: here.account, mailbox: here.mailbox, text })
  }
  return findings
}

async function problemOf(database: Database, place: Place): Promise<string | undefined> {
  const { account, mailbox, first, last, n } = place
  const parts = await readParts(database, place)
  if (typeof parts === 'string') return parts
  const [one] = parts
  // Replaced or purged since it was listed.
  if (one === undefined) return undefined
  const { uids, messageIds } = one
  if (parts.some((part) => String(part.uids) !== String(uids))) return 'has unequal parts'
  if (uids.length !== n || uids[0] !== first || uids.at(-1) !== last) return 'holds other UIDs'
  const entries = new Map(await database.query(entriesStatement, [account, mailbox, first, last]))
  const hasStranger = uids.some((uid, i) => entries.get(uid) !== messageIds[i])
  return hasStranger ? 'holds what is no entry' : compareRows(database, place, parts)
}

/** All parts, none where the row is gone, or what is wrong with them. */
async function readParts(
  database: Database,
  { account, mailbox, first }: Place,
): Promise<readonly UnpackedPart[] | string> {
  const parts: UnpackedPart[] = []
  const where = `account_id = ${sqlText.uuid(account)} AND mailbox_id = ${sqlText.integer(mailbox)}`
  const select = `SELECT ${segmentPartNames.join(', ')} FROM mailbox_segment
    WHERE ${where} AND first_uid = ${sqlText.integer(first)}`
  const packed: Buffer[] = []
  await database.bulk((client) =>
    copyOut(client, select, (row) => {
      for (const _ of segmentPartNames) packed.push(row.bytes() ?? Buffer.alloc(0))
    }),
  )
  try {
    for (const [i, octets] of packed.entries()) {
      const name = segmentPartNames[i]
      if (name !== undefined) parts.push(new UnpackedPart(name, octets))
    }
    return parts
  } catch (error) {
    return `can not be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function compareRows(
  database: Database,
  { account }: Place,
  parts: readonly UnpackedPart[],
): Promise<string | undefined> {
  const ids = sqlText.integers(parts[0]?.messageIds ?? [])
  const places = new Map(Array.from(parts[0]?.messageIds ?? [], (id, i) => [id, i]))
  const fields = segmentPartNames.flatMap((part) => segmentParts[part])
  let wrong: number | undefined
  await database.bulk((client) =>
    copyOut(client, selectFacts(fields, sqlText.uuid(account), ids), (row) => {
      const id = row.integer()
      const place = places.get(id) ?? -1
      for (const part of parts) {
        const octets = row.columns(segmentParts[part.part].length)
        if (!part.octetsAt(place).equals(octets)) wrong ??= id
      }
    }),
  )
  return wrong === undefined ? undefined : `says of message ${wrong} what its row does not say`
}

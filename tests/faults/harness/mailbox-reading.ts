import type { ImapClient } from './imap-client.ts'
import type { Ledger } from './ledger.ts'
import { tokenField, tokenIn } from './tokens.ts'

/** A message of the harness as FETCH shows it. */
export interface Seen {
  readonly uid: number
  readonly token: string
  readonly flags: ReadonlySet<string>
}

/** What SELECT tells and what never falls; nobody renames or deletes mailboxes here. */
const numbers = ['UIDVALIDITY', 'UIDNEXT', 'HIGHESTMODSEQ'] as const

/** SELECTs a mailbox and reads all tokens and flags; notes that its numbers do not fall. */
export async function readMailbox(
  session: ImapClient,
  account: string,
  mailbox: string,
  ledger: Ledger,
): Promise<readonly Seen[]> {
  const names = numbers.map((name) => `${name} of ${account} ${mailbox}`)
  const before = names.map((name) => ledger.highest(name))
  const selected = (await session.command(`SELECT ${mailbox}`)).join('\n')
  for (const [n, name] of names.entries()) {
    const value = Number(new RegExp(`${numbers[n]} (\\d+)`).exec(selected)?.[1] ?? 0)
    ledger.neverFalls(name, value, before[n] ?? 0)
  }
  if (/^\* 0 EXISTS/m.test(selected)) return []
  const lines = await session.command(
    `UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (${tokenField})])`,
  )
  return lines.map(seenIn).filter((seen) => seen !== undefined)
}

function seenIn(line: string): Seen | undefined {
  const uid = /\bUID (\d+)/.exec(line)?.[1]
  const flags = /FLAGS \(([^)]*)\)/.exec(line)?.[1]
  const token = tokenIn(line)
  if (uid === undefined || flags === undefined || token === undefined) return undefined
  const names = flags.split(' ').filter((name) => name !== '' && name !== '\\Recent')
  return { uid: Number(uid), token, flags: new Set(names) }
}

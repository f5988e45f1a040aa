import { createArguments, end, space } from '@posthouse/imap-wire'
import { mailboxIdText } from '@posthouse/mailbox-search'
import type { SpecialUse } from '@posthouse/store'
import { command } from '../session/command.ts'
import { ok } from '../session/completion.ts'
import { refusal } from '../session/refusals.ts'
import { mailboxRefusal } from './mailbox-refusal.ts'

/** Uses that a mailbox of its own can have; \All and \Flagged would be searches (RFC 6154 §2). */
const uses: ReadonlyMap<string, SpecialUse> = new Map(
  (['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash', '\\Important'] as const).map((use) => [
    use.toUpperCase(),
    use,
  ]),
)

/** CREATE (RFC 3501 §6.3.3), with a special use (RFC 6154 §3); tells the MAILBOXID (RFC 8474 §4.1). */
export const create = command({
  names: ['CREATE'],
  state: 'member',
  capabilities: ['CREATE-SPECIAL-USE'],
  parse(c) {
    space(c)
    const args = createArguments(c)
    end(c)
    return args
  },
  async execute({ mailbox, use }, { mailboxes, without }) {
    const specialUse = uses.get((use[0] ?? '').toUpperCase())
    // One mailbox, one use: the store has a column for it.
    if (use.length > 1 || (use.length === 1 && specialUse === undefined))
      return refusal.useAttribute
    const result = await mailboxes.create(mailbox, specialUse === undefined ? {} : { specialUse })
    if (!result.ok) return mailboxRefusal(result.reason)
    if (without.has('OBJECTID')) return ok('Created')
    return ok('Created', { code: 'MAILBOXID', id: mailboxIdText(result.mailbox.id) })
  },
})

import { ImapLoad } from '../clients/imap-load.ts'
import { at, secondsOf, type Measure, type Scale } from '../measure.ts'
import type { MailboxPlan } from '../side.ts'

/** Messages with a file of 2 MB each. */
function mailbox(scale: Scale): MailboxPlan {
  const messages = at(scale, { full: 60, quick: 30, smoke: 2 })
  const bytes = at(scale, { full: 2_000_000, quick: 2_000_000, smoke: 300_000 })
  return { user: 4, messages, shape: { seed: 13, bytes, hasAttachment: true } }
}

/** The attachments of some messages, one after another as a client saves them. */
export const imapAttachment: Measure = {
  name: 'imap-attachment',
  accounts: () => 5,
  prepare: (side, scale) => side.fill(mailbox(scale)),
  cases: (scale) => [
    {
      name: 'imap-attachment',
      unit: 'MB/s',
      isHigherBetter: true,
      round: async (side) => {
        const { user, messages } = mailbox(scale)
        const session = await ImapLoad.login(side.ports.imap, user)
        await session.command('SELECT INBOX')
        const before = session.received
        const seconds = await secondsOf(async () => {
          for (let n = 1; n <= messages; n++) await session.command(`FETCH ${n} (BODY.PEEK[2])`)
        })
        const megabytes = (session.received - before) / 1e6
        session.close()
        return { value: megabytes / seconds, units: messages, extra: { megabytes } }
      },
    },
  ],
}

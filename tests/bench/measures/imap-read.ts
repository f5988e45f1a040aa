import { ImapLoad } from '../clients/imap-load.ts'
import {
  at,
  secondsOf,
  type Measure,
  type MeasureCase,
  type Sample,
  type Scale,
} from '../measure.ts'
import type { MailboxPlan, Side } from '../side.ts'

/** The mailbox that the reading measures share. */
export function bigMailbox(scale: Scale): MailboxPlan {
  const messages = at(scale, { full: 50_000, quick: 50_000, smoke: 60 })
  return { user: 1, messages, shape: { seed: 11, bytes: 'standard' } }
}

/** What Thunderbird asks for when it opens a folder. */
const thunderbirdHeaders =
  'UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])'

function reading(name: string, command: string): Measure {
  return {
    name,
    accounts: () => 2,
    prepare: (side, scale) => side.fill(bigMailbox(scale)),
    cases: (scale) => [firstOpen(name, command, scale), again(name, command, scale)],
  }
}

/** SELECT counts too: opening is what costs. */
function firstOpen(name: string, command: string, scale: Scale): MeasureCase {
  return {
    name: `${name}/first`,
    unit: 'messages/s',
    isHigherBetter: true,
    before: (side) => side.forget(bigMailbox(scale)),
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, 1)
      return timed(session, ['SELECT INBOX', command], scale)
    },
  }
}

function again(name: string, command: string, scale: Scale): MeasureCase {
  return {
    name: `${name}/again`,
    unit: 'messages/s',
    isHigherBetter: true,
    before: (side) => once(side, command),
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, 1)
      await session.command('SELECT INBOX')
      return timed(session, [command], scale)
    },
  }
}

async function once(side: Side, command: string): Promise<void> {
  const session = await ImapLoad.login(side.ports.imap, 1)
  await session.command('SELECT INBOX')
  await session.command(command)
  session.close()
}

async function timed(
  session: ImapLoad,
  commands: readonly string[],
  scale: Scale,
): Promise<Sample> {
  const { messages } = bigMailbox(scale)
  const seconds = await secondsOf(async () => {
    for (const command of commands) await session.command(command)
  })
  const extra = { megabytes: session.received / 1e6 }
  session.close()
  return { value: messages / seconds, units: messages, extra }
}

/** Flags of everything. */
export const imapFlags = reading('imap-flags', 'UID FETCH 1:* (FLAGS)')

/** The header fields that Thunderbird fetches. */
export const imapHeaders = reading('imap-headers', thunderbirdHeaders)

/** Envelopes and structures of everything. */
export const imapEnvelope = reading(
  'imap-envelope',
  'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)',
)

import { ImapLoad } from '../clients/imap-load.ts'
import { makeMessage } from '../mail.ts'
import {
  at,
  secondsOf,
  type Measure,
  type MeasureCase,
  type Sample,
  type Scale,
} from '../measure.ts'
import type { MailboxPlan, Side } from '../side.ts'

/** The mailbox that is copied from. */
function sourceMailbox(scale: Scale): MailboxPlan {
  const messages = at(scale, { full: 10_000, quick: 10_000, smoke: 40 })
  return { user: 14, messages, shape: { seed: 14, bytes: 'standard' } }
}

/** Gives a session of the account with these mailboxes, empty. */
async function withEmpty(side: Side, user: number, names: readonly string[]): Promise<ImapLoad> {
  const session = await ImapLoad.login(side.ports.imap, user)
  for (const name of names) {
    await session.attempt(`DELETE ${name}`)
    await session.command(`CREATE ${name}`)
  }
  return session
}

/** A case that works on a copy of the source in the mailbox Work. */
function onCopy(
  name: string,
  scale: Scale,
  work: (session: ImapLoad) => Promise<number>,
): MeasureCase {
  const { user, messages } = sourceMailbox(scale)
  return {
    name,
    unit: 'ms',
    isHigherBetter: false,
    before: async (side) => {
      const session = await withEmpty(side, user, ['Work', 'Moved'])
      await session.command('SELECT INBOX')
      await session.command('COPY 1:* Work')
      session.close()
    },
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, user)
      await session.command('SELECT Work')
      const seconds = await work(session)
      session.close()
      return { value: seconds * 1000, units: messages }
    },
  }
}

function copying(scale: Scale): MeasureCase {
  const { user, messages } = sourceMailbox(scale)
  return {
    name: 'imap-copy/copy',
    unit: 'ms',
    isHigherBetter: false,
    before: async (side) => (await withEmpty(side, user, ['Work'])).close(),
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, user)
      await session.command('SELECT INBOX')
      const seconds = await secondsOf(() => session.command('COPY 1:* Work'))
      session.close()
      return { value: seconds * 1000, units: messages }
    },
  }
}

/** COPY and MOVE of 10,000 messages. */
export const imapCopy: Measure = {
  name: 'imap-copy',
  accounts: (scale) => sourceMailbox(scale).user + 1,
  prepare: (side, scale) => side.fill(sourceMailbox(scale)),
  cases: (scale) => [
    copying(scale),
    onCopy('imap-copy/move', scale, (session) =>
      secondsOf(() => session.command('MOVE 1:* Moved')),
    ),
  ],
}

/** EXPUNGE of 10,000 messages. */
export const imapExpunge: Measure = {
  name: 'imap-expunge',
  accounts: (scale) => sourceMailbox(scale).user + 1,
  prepare: (side, scale) => side.fill(sourceMailbox(scale)),
  cases: (scale) => [
    onCopy('imap-expunge', scale, async (session) => {
      await session.command('STORE 1:* +FLAGS.SILENT (\\Deleted)')
      return secondsOf(() => session.command('EXPUNGE'))
    }),
  ],
}

/** The account that is appended to. */
const appender = 15

function appending(connections: number, scale: Scale): MeasureCase {
  const messages = at(scale, { full: 1_000, quick: 1_000, smoke: 16 })
  return {
    name: `imap-append/${connections}`,
    unit: 'messages/s',
    isHigherBetter: true,
    before: async (side) => (await withEmpty(side, appender, ['Work'])).close(),
    round: (side, round) => append(side, connections, messages, round),
  }
}

/** Each connection appends its part, one message after the other. */
async function append(
  side: Side,
  connections: number,
  messages: number,
  round: number,
): Promise<Sample> {
  const octets = Array.from({ length: messages }, (_, n) =>
    makeMessage({ seed: 700 + round, bytes: 'standard' }, n),
  )
  const sessions = await Promise.all(
    Array.from({ length: connections }, () => ImapLoad.login(side.ports.imap, appender)),
  )
  let next = 0
  const work = async (session: ImapLoad): Promise<void> => {
    for (let one = octets[next++]; one !== undefined; one = octets[next++]) {
      await session.append([one], 'Work')
    }
  }
  const seconds = await secondsOf(() => Promise.all(sessions.map(work)))
  for (const session of sessions) session.close()
  return { value: messages / seconds, units: messages }
}

/** APPEND of 1,000 messages, by one session and by eight. */
export const imapAppend: Measure = {
  name: 'imap-append',
  accounts: () => appender + 1,
  cases: (scale) => [appending(1, scale), appending(8, scale)],
}

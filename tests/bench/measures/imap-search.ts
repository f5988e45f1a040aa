import { ImapLoad } from '../clients/imap-load.ts'
import { absentWord, rareWord, shortWord } from '../mail.ts'
import {
  at,
  secondsOf,
  type Measure,
  type MeasureCase,
  type Sample,
  type Scale,
} from '../measure.ts'
import type { MailboxPlan } from '../side.ts'

/** A mailbox in which ten messages of 50,000 have what is searched for. */
function searchedMailbox(scale: Scale): MailboxPlan {
  const messages = at(scale, { full: 50_000, quick: 50_000, smoke: 120 })
  return { user: 2, messages, shape: { seed: 12, bytes: 'standard', hasRareWords: true } }
}

/** `programs`: asked one after another in each round. */
function searching(name: string, programs: Readonly<Record<string, readonly string[]>>): Measure {
  return {
    name,
    accounts: () => 3,
    prepare: async (side, scale) => {
      await side.fill(searchedMailbox(scale))
      await side.index?.()
    },
    cases: (scale) =>
      Object.entries(programs).map(([word, asked]) => searchCase(`${name}/${word}`, asked, scale)),
  }
}

/** The mailbox is open and was searched before: what is measured is the search. */
function searchCase(name: string, programs: readonly string[], scale: Scale): MeasureCase {
  return {
    name,
    unit: 'messages/s',
    isHigherBetter: true,
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, 2)
      await session.command('SELECT INBOX')
      await session.command('UID SEARCH SUBJECT warm')
      const sample = await timed(session, programs, scale)
      session.close()
      return sample
    },
  }
}

async function timed(
  session: ImapLoad,
  programs: readonly string[],
  scale: Scale,
): Promise<Sample> {
  const seconds = await secondsOf(async () => {
    for (const program of programs) await session.command(`UID SEARCH ${program}`)
  })
  const units = searchedMailbox(scale).messages * programs.length
  return { value: units / seconds, units }
}

/** Fields that clients search: subject and sender. */
export const imapSearchHeader = searching('imap-search-header', {
  rare: [`SUBJECT ${rareWord}`, `FROM ${rareWord}`],
  common: ['SUBJECT report', 'FROM example'],
  absent: [`SUBJECT ${absentWord}`, `FROM ${absentWord}`],
})

/** Whole messages. A word of two characters gives no trigram, and is what Chinese is made of. */
export const imapSearchBody = searching('imap-search-body', {
  rare: [`BODY ${rareWord}`, `TEXT ${rareWord}`],
  common: ['BODY report', 'TEXT report'],
  absent: [`BODY ${absentWord}`, `TEXT ${absentWord}`],
  short: [`CHARSET UTF-8 BODY "${shortWord}"`],
})

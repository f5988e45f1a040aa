import { ImapLoad } from '../clients/imap-load.ts'
import { at, secondsOf, type Measure, type MeasureCase, type Scale } from '../measure.ts'
import { bigMailbox } from './imap-read.ts'

function bodies(
  how: string,
  messages: number,
  fetch: (session: ImapLoad, messages: number) => Promise<void>,
): MeasureCase {
  return {
    name: `imap-bodies/${how}`,
    unit: 'messages/s',
    isHigherBetter: true,
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, 1)
      await session.command('SELECT INBOX')
      const seconds = await secondsOf(() => fetch(session, messages))
      const extra = { megabytes: session.received / 1e6 }
      session.close()
      return { value: messages / seconds, units: messages, extra }
    },
  }
}

/** Whole messages: as one command, and one by one as clients do. */
export const imapBodies: Measure = {
  name: 'imap-bodies',
  accounts: () => 2,
  prepare: (side, scale) => side.fill(bigMailbox(scale)),
  cases: (scale: Scale) => {
    const messages = at(scale, { full: 10_000, quick: 5_000, smoke: 40 })
    return [
      bodies('one-command', messages, async (session, count) => {
        await session.command(`FETCH 1:${count} (BODY.PEEK[])`)
      }),
      bodies('one-by-one', messages, async (session, count) => {
        for (let n = 1; n <= count; n++) await session.command(`FETCH ${n} (BODY.PEEK[])`)
      }),
    ]
  },
}

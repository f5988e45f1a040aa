import { ImapLoad } from '../clients/imap-load.ts'
import { secondsOf, type Measure, type MeasureCase, type Scale } from '../measure.ts'
import { bigMailbox } from './imap-read.ts'

function storing(how: string, item: string, scale: Scale): MeasureCase {
  return {
    name: `imap-store/${how}`,
    unit: 'ms',
    isHigherBetter: false,
    before: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, 1)
      await session.command('SELECT INBOX')
      await session.command('STORE 1:* -FLAGS.SILENT (\\Flagged)')
      session.close()
    },
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, 1)
      await session.command('SELECT INBOX')
      await session.command('FETCH 1:* (FLAGS)')
      const seconds = await secondsOf(() => session.command(`STORE 1:* ${item} (\\Flagged)`))
      session.close()
      return { value: seconds * 1000, units: bigMailbox(scale).messages }
    },
  }
}

/** A flag on everything, with and without the answers. */
export const imapStore: Measure = {
  name: 'imap-store',
  accounts: () => 2,
  prepare: (side, scale) => side.fill(bigMailbox(scale)),
  cases: (scale) => [
    storing('answered', '+FLAGS', scale),
    storing('silent', '+FLAGS.SILENT', scale),
  ],
}

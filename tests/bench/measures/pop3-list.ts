import { Pop3Load } from '../clients/pop3-load.ts'
import { secondsOf, type Measure, type Sample } from '../measure.ts'
import type { Side } from '../side.ts'
import { bigMailbox } from './imap-read.ts'

/** What a client asks for before it knows what is new. */
async function listAll(session: Pop3Load): Promise<void> {
  await session.multiLine('UIDL')
  await session.multiLine('LIST')
}

/** UIDL and LIST of everything: the two commands alone, and with the session around them. */
export const pop3List: Measure = {
  name: 'pop3-list',
  accounts: () => 2,
  prepare: (side, scale) => side.fill(bigMailbox(scale)),
  cases: (scale) => {
    const { user, messages } = bigMailbox(scale)
    const sample = (seconds: number): Sample => ({ value: messages / seconds, units: messages })
    const unit = 'messages/s'
    return [
      {
        name: 'pop3-list/commands',
        unit,
        isHigherBetter: true,
        round: async (side: Side) => {
          const session = await Pop3Load.login(side.ports.pop3, user)
          const seconds = await secondsOf(() => listAll(session))
          await session.quit()
          return sample(seconds)
        },
      },
      {
        name: 'pop3-list/session',
        unit,
        isHigherBetter: true,
        round: async (side: Side) => {
          const seconds = await secondsOf(async () => {
            const session = await Pop3Load.login(side.ports.pop3, user)
            await listAll(session)
            await session.quit()
          })
          return sample(seconds)
        },
      },
    ]
  },
}

import { downloadAll } from '../clients/pop3-load.ts'
import { at, secondsOf, type Measure, type MeasureCase, type Scale } from '../measure.ts'
import type { MailboxPlan } from '../side.ts'

function mailbox(scale: Scale): MailboxPlan {
  const messages = at(scale, { full: 5_000, quick: 5_000, smoke: 40 })
  return { user: 2, messages, shape: { seed: 12, bytes: 'standard' } }
}

function download(how: string, window: number, scale: Scale): MeasureCase {
  return {
    name: `pop3-download/${how}`,
    unit: 'messages/s',
    isHigherBetter: true,
    round: async (side) => {
      const { user, messages } = mailbox(scale)
      const seconds = await secondsOf(() => downloadAll(side.ports.pop3, user, messages, window))
      return { value: messages / seconds, units: messages }
    },
  }
}

/** A whole mailbox over POP3, commands pipelined and one by one. */
export const pop3Download: Measure = {
  name: 'pop3-download',
  accounts: () => 3,
  prepare: (side, scale) => side.fill(mailbox(scale)),
  cases: (scale) => [download('pipelined', 50, scale), download('one-by-one', 1, scale)],
}

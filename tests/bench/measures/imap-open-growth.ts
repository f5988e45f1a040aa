import { ImapLoad } from '../clients/imap-load.ts'
import { at, secondsOf, type Measure, type MeasureCase, type Scale } from '../measure.ts'
import type { MailboxPlan, Side } from '../side.ts'

/** Above this many only Posthouse is asked: a mailbox of a million files takes longer to build than all else together. */
const mostForPeers = 20_000
/** Opening looks at no body: a large mailbox may hold the same messages again and again. */
const distinct = 10_000

function plans(scale: Scale): readonly MailboxPlan[] {
  const sizes = at<readonly number[]>(scale, {
    full: [1_000, 10_000, 100_000, 1_000_000],
    quick: [1_000, 10_000, 100_000, 1_000_000],
    smoke: [40],
  })
  return sizes.map((messages, i) => ({
    user: at(scale, { full: 511, quick: 511, smoke: 41 }) + i,
    messages,
    distinct,
    shape: { seed: 90 + i, bytes: 1_000 },
  }))
}

function isAsked(side: Side, { messages }: MailboxPlan): boolean {
  return side.name === 'posthouse' || messages <= mostForPeers
}

/** SELECT by a process that has never seen the mailbox. */
function opening(plan: MailboxPlan): MeasureCase {
  return {
    name: `imap-open-growth/${plan.messages}`,
    unit: 'ms',
    isHigherBetter: false,
    skips: (side) => !isAsked(side, plan),
    before: (side) => side.forget(plan),
    round: async (side) => {
      const session = await ImapLoad.login(side.ports.imap, plan.user)
      const seconds = await secondsOf(() => session.command('SELECT INBOX'))
      session.close()
      return { value: seconds * 1000, units: 1 }
    },
  }
}

/** How long opening takes as a mailbox grows. */
export const imapOpenGrowth: Measure = {
  name: 'imap-open-growth',
  accounts: (scale) => at(scale, { full: 520, quick: 520, smoke: 47 }),
  prepare: async (side, scale) => {
    for (const plan of plans(scale)) if (isAsked(side, plan)) await side.fill(plan)
  },
  cases: (scale) => plans(scale).map(opening),
}

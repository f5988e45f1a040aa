import { soleAccount } from '../classifier/classifier-stage.ts'
import type { FilterMessage } from '../filter-message.ts'
import { vouchedDomains } from '../runner/placement.ts'
import type { Finding, Stage } from '../stage.ts'
import type { Fame, ReputationStore } from './reputation-store.ts'
import { senderSubjects, type SenderSubjects } from './sender-subjects.ts'

/** Messages of a sender below which his name says nothing to others. */
const leastKnown = 5
/** Messages at which it says half of what it can. */
const halfKnown = 10

/**
 * What is remembered of the sender, as a stage: of everybody's mail, of this account's own, and whether its owner wrote to him.
 * For the good it takes a signature, as anybody can write any name.
 */
export function reputationStage(store: ReputationStore): Stage {
  return {
    name: 'reputation',
    directions: ['inbound'],
    deadlineMs: 15_000,
    onFailure: 'pass',
    async examine(message) {
      const vouched = vouchedDomains(await message.authentication)
      const subjects = senderSubjects(message, vouched)
      const [shared, own, correspondents] = await Promise.all([
        subjects.domains.length === 0 ? unknown : store.fame(subjects.domains, undefined),
        ownFame(store, message, subjects),
        correspondentsOf(store, message, subjects),
      ])
      const findings = [...sharedFindings(shared), ...ownFindings(own), ...correspondents]
      return { findings }
    },
  }
}

const unknown: ReadonlyMap<string, Fame> = new Map()

async function ownFame(
  store: ReputationStore,
  message: FilterMessage,
  { domains, address }: SenderSubjects,
): Promise<ReadonlyMap<string, Fame>> {
  const account = soleAccount(message)
  const asked = address === undefined ? domains : [...domains, address]
  return account === undefined || asked.length === 0 ? unknown : store.fame(asked, account)
}

/** The worst of the signers counts: who signs beside a good name does not borrow it. */
function sharedFindings(fame: ReadonlyMap<string, Fame>): readonly Finding[] {
  let worst: Finding | undefined
  for (const [subject, { spam, ham }] of fame) {
    const known = spam + ham
    if (known < leastKnown) continue
    const share = (spam + 1) / (known + 2)
    const points = rounded(4 * (share - 0.5) * (known / (known + halfKnown)))
    const reason = `of ${subject.slice(2)}, ${Math.round(share * 100)} % of about ${Math.round(known)} messages were spam`
    if (worst === undefined || points > worst.points) {
      worst = { symbol: points > 0 ? 'SENDER_BAD_NAME' : 'SENDER_GOOD_NAME', points, reason }
    }
  }
  return worst === undefined || worst.points === 0 ? [] : [worst]
}

/** What the owner himself said of this sender, by moving his mail into Junk or out of it. The heaviest word counts. */
function ownFindings(fame: ReadonlyMap<string, Fame>): readonly Finding[] {
  const words = [...fame].map(([subject, { spam, ham }]) => ownFinding(subject, spam - ham))
  const said = words.filter((word) => word !== undefined)
  return said.toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points)).slice(0, 1)
}

/**
 * What an owner's word weighs, once and at most. On an address that a signature vouches for it is enough for Junk when it was said
 * three times; an address that anybody can write is not. A domain is shared by strangers: who throws away what five people at a
 * large provider wrote has said little of the sixth.
 */
const ownWeights = new Map([
  ['a:', { once: 3, most: 6.5 }],
  ['u:', { once: 3, most: 5 }],
  ['d:', { once: 1, most: 2 }],
])

function ownFinding(subject: string, balance: number): Finding | undefined {
  const kind = subject.slice(0, 2)
  const name = subject.slice(2)
  const { once, most } = ownWeights.get(kind) ?? { once: 0, most: 0 }
  const points = rounded(Math.max(-4, Math.min(most, balance * once)))
  if (points > 0) {
    return { symbol: 'SENDER_JUNKED', points, reason: `mail of ${name} was moved to Junk here` }
  }
  if (points < 0 && kind !== 'u:') {
    return { symbol: 'SENDER_WANTED', points, reason: `mail of ${name} was taken out of Junk here` }
  }
  return undefined
}

/** Only where all local recipients wrote to him: none of them decides for the others. */
async function correspondentsOf(
  store: ReputationStore,
  message: FilterMessage,
  { proven }: SenderSubjects,
): Promise<readonly Finding[]> {
  const accounts = [...new Set(message.recipients.flatMap(({ account }) => account ?? []))]
  if (proven === undefined || accounts.length === 0) return []
  const known = await store.correspondents(accounts, proven)
  if (!accounts.every((account) => known.has(account))) return []
  return [{ symbol: 'CORRESPONDENT', points: -3, reason: `the recipient wrote to ${proven}` }]
}

function rounded(points: number): number {
  return Math.round(points * 10) / 10
}

import { sendLoad } from '../clients/smtp-load.ts'
import { makeMessage } from '../mail.ts'
import {
  at,
  percentile,
  type Measure,
  type MeasureCase,
  type Sample,
  type Scale,
} from '../measure.ts'
import { userAddress, type MailboxPlan, type Side } from '../side.ts'

/** Recipients of a load are spread over this many accounts. */
function spread(scale: Scale): number {
  return at(scale, { full: 1000, quick: 1000, smoke: 20 })
}

/** Accounts beyond those of the mailboxes that are read. */
function firstRecipient(scale: Scale): number {
  return at(scale, { full: 600, quick: 600, smoke: 20 })
}

/** Distinct messages; made before the clock runs, and sent again and again under another Message-ID. */
const distinct = 200

/** Number of a round that does not count. */
const warmUpRound = 999

interface Inbound {
  readonly name: string
  readonly bytes: number
  readonly recipientsEach: number
  readonly connections: readonly number[]
  readonly messages: Readonly<Record<Scale, number>>
  /** Sent first, once: a server that has just started compiles, plans and fills its caches for thousands of messages. */
  readonly warmUp: Readonly<Record<Scale, number>>
}

interface Load {
  readonly connections: number
  readonly messages: number
  readonly round: number
  readonly scale: Scale
  /** Everything to this one account. */
  readonly user?: number
}

function inbound(what: Inbound): Measure {
  return {
    name: what.name,
    accounts: (scale) => firstRecipient(scale) + spread(scale),
    prepare: async (side, scale) => {
      const messages = at(scale, what.warmUp)
      await receive(side, what, { connections: 10, messages, round: warmUpRound, scale })
    },
    cases: (scale) =>
      what.connections.map((connections): MeasureCase => {
        const messages = Math.max(
          connections,
          Math.round(at(scale, what.messages) * (connections === 1 ? 0.25 : 1)),
        )
        return {
          name: `${what.name}/${connections}`,
          unit: 'messages/s',
          isHigherBetter: true,
          round: (side, round) => receive(side, what, { connections, messages, round, scale }),
        }
      }),
  }
}

/** From the first connection until every message is in its mailbox. */
export async function receive(
  side: Side,
  what: Pick<Inbound, 'bytes' | 'recipientsEach'>,
  { connections, messages, round, scale, user }: Load,
): Promise<Sample> {
  const pool = poolOf(what.bytes, round)
  const begun = performance.now()
  const { latenciesMs } = await sendLoad({
    port: side.ports.smtp,
    connections,
    messages,
    recipients: (n) =>
      Array.from({ length: what.recipientsEach }, (_, i) =>
        userAddress(
          user ?? firstRecipient(scale) + ((n * what.recipientsEach + i) % spread(scale)),
        ),
      ),
    octets: (n) => distinctCopy(pool, n, round),
  })
  await side.settled()
  const seconds = (performance.now() - begun) / 1000
  const copies = messages * what.recipientsEach
  const extra = { p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99) }
  return { value: messages / seconds, units: copies, extra }
}

function poolOf(bytes: number, round: number): readonly Buffer[] {
  return Array.from({ length: distinct }, (_, n) => makeMessage({ seed: 70 + round, bytes }, n))
}

const idStart = 'Message-ID: <'

/**
 * No two messages of a run are alike: nobody gains by storing content once, and nobody pays for a mailbox full of messages with
 * one and the same Message-ID.
 */
function distinctCopy(pool: readonly Buffer[], n: number, round: number): Buffer {
  const from = pool[n % pool.length] ?? Buffer.alloc(0)
  const place = from.indexOf(idStart) + idStart.length
  const mark = Buffer.from(`${round}.${n}.${process.pid}.`)
  return Buffer.concat([from.subarray(0, place), mark, from.subarray(place)])
}

/** Mail from other servers, 10 KB a message. */
export const smtpIn10k = inbound({
  name: 'smtp-in-10k',
  bytes: 10_000,
  recipientsEach: 1,
  connections: [1, 10, 50],
  messages: { full: 4000, quick: 1500, smoke: 12 },
  warmUp: { full: 5000, quick: 3000, smoke: 2 },
})

/** The same with 100 KB a message. */
export const smtpIn100k = inbound({
  name: 'smtp-in-100k',
  bytes: 100_000,
  recipientsEach: 1,
  connections: [1, 10, 50],
  messages: { full: 1200, quick: 500, smoke: 6 },
  warmUp: { full: 2000, quick: 1000, smoke: 2 },
})

/** One message to 20 local recipients, 10 connections. */
export const smtpInRcpt20 = inbound({
  name: 'smtp-in-rcpt20',
  bytes: 10_000,
  recipientsEach: 20,
  connections: [10],
  messages: { full: 800, quick: 300, smoke: 4 },
  warmUp: { full: 500, quick: 250, smoke: 2 },
})

function growthPlans(scale: Scale): readonly MailboxPlan[] {
  const sizes = at<readonly number[]>(scale, {
    full: [0, 10_000, 100_000],
    quick: [0, 10_000, 100_000],
    smoke: [30],
  })
  return sizes.map((messages, i) => ({
    user: at(scale, { full: 516, quick: 516, smoke: 43 }) + i,
    messages,
    distinct: 10_000,
    shape: { seed: 95 + i, bytes: 1_000 },
  }))
}

/** Mail for one mailbox that is empty, and that is large already; peers are not asked to build the largest. */
export const smtpInGrowth: Measure = {
  name: 'smtp-in-growth',
  accounts: (scale) => at(scale, { full: 520, quick: 520, smoke: 47 }),
  prepare: async (side, scale) => {
    for (const plan of growthPlans(scale)) if (canGrow(side, plan)) await side.fill(plan)
  },
  cases: (scale) =>
    growthPlans(scale).map((plan): MeasureCase => {
      const messages = at(scale, { full: 2000, quick: 1000, smoke: 10 })
      const load = { connections: 10, messages, scale, user: plan.user }
      const what = { name: 'smtp-in-growth', bytes: 10_000, recipientsEach: 1 }
      return {
        name: `smtp-in-growth/${plan.messages}`,
        unit: 'messages/s',
        isHigherBetter: true,
        skips: (side) => !canGrow(side, plan),
        round: (side, round) => receive(side, what, { ...load, round }),
      }
    }),
}

function canGrow(side: Side, { messages }: MailboxPlan): boolean {
  return side.name === 'posthouse' || messages <= 20_000
}

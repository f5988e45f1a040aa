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
import { userAddress, type Side } from '../side.ts'

/** Recipients of a load are spread over this many accounts. */
function spread(scale: Scale): number {
  return at(scale, { full: 1000, quick: 1000, smoke: 20 })
}

/** Accounts beyond those of the mailboxes that are read. */
function firstRecipient(scale: Scale): number {
  return at(scale, { full: 600, quick: 600, smoke: 20 })
}

/** Distinct messages; made before the clock runs, and sent again and again with another subject id. */
const distinct = 200

interface Inbound {
  readonly name: string
  readonly bytes: number
  readonly recipientsEach: number
  readonly connections: readonly number[]
  readonly messages: Readonly<Record<Scale, number>>
}

interface Load {
  readonly connections: number
  readonly messages: number
  readonly round: number
  readonly scale: Scale
}

function inbound(what: Inbound): Measure {
  return {
    name: what.name,
    accounts: (scale) => firstRecipient(scale) + spread(scale),
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
async function receive(
  side: Side,
  what: Inbound,
  { connections, messages, round, scale }: Load,
): Promise<Sample> {
  const pool = poolOf(what.bytes, round)
  const begun = performance.now()
  const { latenciesMs } = await sendLoad({
    port: side.ports.smtp,
    connections,
    messages,
    recipients: (n) =>
      Array.from({ length: what.recipientsEach }, (_, i) =>
        userAddress(firstRecipient(scale) + ((n * what.recipientsEach + i) % spread(scale))),
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

/** No two messages of a run are alike: nobody gains by storing content once. */
function distinctCopy(pool: readonly Buffer[], n: number, round: number): Buffer {
  const from = pool[n % pool.length] ?? Buffer.alloc(0)
  return Buffer.concat([Buffer.from(`X-Bench-Id: ${round}.${n}.${process.pid}\r\n`), from])
}

/** Mail from other servers, 10 KB a message. */
export const smtpIn10k = inbound({
  name: 'smtp-in-10k',
  bytes: 10_000,
  recipientsEach: 1,
  connections: [1, 10, 50],
  messages: { full: 4000, quick: 1500, smoke: 12 },
})

/** The same with 100 KB a message. */
export const smtpIn100k = inbound({
  name: 'smtp-in-100k',
  bytes: 100_000,
  recipientsEach: 1,
  connections: [1, 10, 50],
  messages: { full: 1200, quick: 500, smoke: 6 },
})

/** One message to 20 local recipients, 10 connections. */
export const smtpInRcpt20 = inbound({
  name: 'smtp-in-rcpt20',
  bytes: 10_000,
  recipientsEach: 20,
  connections: [10],
  messages: { full: 800, quick: 300, smoke: 4 },
})

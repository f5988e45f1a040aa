import type { ClientDeadlines } from '@posthouse/smtp'
import { type PaceLimits, paceLimits } from './pace/pace-limits.ts'

/** Numbers of the delivery worker; tests move some of them. */
export interface DeliveryLimits {
  /** Groups of hosts that are served at the same time and move, and as many that keep a connection for more. */
  readonly destinations: number
  /** All of them, those included whose hosts are slow or silent. Each costs a connection and a message in memory. */
  readonly lanes: number
  /** Nothing came of a lane's work for so long: it counts as slow, and others are begun beside it. */
  readonly stuckMs: number
  /** While memory is short, a host that has all of a message may scan it for so long; broken off, it may come twice. */
  readonly scanMs: number
  /** Recipients claimed of one destination at a time. */
  readonly perDestination: number
  /** A lane with fewer messages left than this is claimed for again. */
  readonly lowWater: number
  /** What has waited in a lane for so long goes back into the queue, where other workers find it. */
  readonly holdMs: number
  /** Connections to one group of hosts, where the provider's pace allows them. */
  readonly sessions: number
  /** Messages that must wait before one more connection is opened. */
  readonly messagesPerSession: number
  /** Messages of one connection, when other domains of the provider wait for its place. */
  readonly fairShare: number
  /** How long a connection without work is kept. */
  readonly idleMs: number
  /** How long hosts that nobody could reach are not asked again. */
  readonly deadMs: number
  /** A claim is renewed three times in this span; after a crash others take over when it is past. */
  readonly leaseSeconds: number
  /** Octets of messages held in memory. */
  readonly memoryBytes: number
  /** Octets read ahead in one query. */
  readonly readAheadBytes: number
  /** Addresses of a destination that are tried in one attempt. */
  readonly addresses: number
  /** Longest wait without looking at the queue: wake-ups may be lost. */
  readonly pollMs: number
  /** One transaction, and a second more for each 4 KiB: who always says something in time may still never come to an end. */
  readonly transactionMs: number
  /** Between two looks at the lists of senders of spam: whoever gets on one has trouble for days. */
  readonly listingsMs: number
  readonly deadlines: Partial<ClientDeadlines>
  readonly pace: PaceLimits
}

/** What a worker in production uses. */
export const deliveryLimits: DeliveryLimits = {
  destinations: 100,
  lanes: 1_000,
  stuckMs: 10_000,
  scanMs: 2 * 60_000,
  perDestination: 400,
  lowWater: 100,
  holdMs: 10 * 60_000,
  sessions: 20,
  messagesPerSession: 5,
  fairShare: 20,
  idleMs: 5_000,
  deadMs: 30_000,
  leaseSeconds: 120,
  memoryBytes: 64 * 1024 * 1024,
  readAheadBytes: 2 * 1024 * 1024,
  addresses: 10,
  pollMs: 15_000,
  // An honest host does not use up the minutes of RFC 5321 §4.5.3.2 for each recipient and each piece.
  transactionMs: 30 * 60_000,
  listingsMs: 4 * 3_600_000,
  // RFC 5321 §4.5.3.2 gives minutes for each step of the conversation; a host that does not even
  // accept the connection in 30 s is away.
  deadlines: { connectMs: 30_000 },
  pace: paceLimits,
}

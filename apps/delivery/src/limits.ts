import type { ClientDeadlines } from '@posthouse/smtp'

/** Numbers of the delivery worker; tests move some of them. */
export interface DeliveryLimits {
  /** Destinations served at the same time, and as many that keep a connection for more. */
  readonly destinations: number
  /** Recipients claimed of one destination at a time. */
  readonly perDestination: number
  /** A destination with fewer messages left than this is claimed for again. */
  readonly lowWater: number
  /** Connections to one destination. More is impolite; Postfix opens up to 20. */
  readonly sessions: number
  /** Messages that must wait before one more connection is opened. */
  readonly messagesPerSession: number
  /** How long a connection without work is kept. */
  readonly idleMs: number
  /** How long a destination that nobody could reach is not asked again. */
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
  readonly deadlines: Partial<ClientDeadlines>
}

/** What a worker in production uses. */
export const deliveryLimits: DeliveryLimits = {
  destinations: 100,
  perDestination: 400,
  lowWater: 100,
  sessions: 20,
  messagesPerSession: 5,
  idleMs: 5_000,
  deadMs: 30_000,
  leaseSeconds: 120,
  memoryBytes: 64 * 1024 * 1024,
  readAheadBytes: 2 * 1024 * 1024,
  addresses: 10,
  pollMs: 15_000,
  // RFC 5321 §4.5.3.2 gives minutes for each step of the conversation; a host that does not even
  // accept the connection in 30 s is away.
  deadlines: { connectMs: 30_000 },
}

/** Bounds of a session, each with its reason. A server can be given others. */
export interface SmtpLimits {
  /** Largest message in octets, after dot-unstuffing: SIZE (RFC 1870). */
  readonly messageBytes: number
  /** Recipients of one message (RFC 5321 §4.5.3.1.8 wants at least 100): LIMITS RCPTMAX (RFC 9422). */
  readonly recipients: number
  /**
   * Recipients of one message from the null sender: a report goes to the one who sent something (RFC 5321 §6.1), but fewer than
   * 100 nobody may be held to (§4.5.3.1.8).
   */
  readonly nullSenderRecipients: number
  /** Recipients of all messages of a session, not counting those of loopback; the next MAIL is answered 421 then. */
  readonly recipientsPerConnection: number
  /**
   * A command line with CRLF. 512 (RFC 5321 §4.5.3.1.4) and what the extensions add: ORCPT 500,
   * ENVID 100, SIZE 26, BODY 17, SMTPUTF8 10, AUTH 500.
   */
  readonly commandBytes: number
  /** A line of an AUTH exchange: 12,288 (RFC 4954 §4). */
  readonly authBytes: number
  /** Protocol errors since the last accepted message after which the session is ended. */
  readonly errors: number
  /** Failed AUTH attempts after which the session is ended. */
  readonly authFailures: number
  /** Refused recipients, in a session or of late from an address, after which each further refusal is held back. */
  readonly freeRefusals: number
  /** How long a refusal is held back then for each one above them: slows down who guesses addresses. */
  readonly refusalDelayMs: number
  /** The longest that one is held back. */
  readonly maxRefusalDelayMs: number
  /** Refused recipients, in a session or of late from an address, after which it is ended. */
  readonly refusals: number
  /** Time from a reply to the end of the next command (RFC 5321 §4.5.3.2.7: at least 5 minutes). */
  readonly commandMs: number
  /** Time for a TLS handshake. */
  readonly handshakeMs: number
  /** Time for the PROXY header, which proxies send at once. */
  readonly proxyHeaderMs: number
  /** Silence within DATA (RFC 5321 §4.5.3.2.5: 3 minutes for the client's side). */
  readonly dataIdleMs: number
  /** From here on a message must have come at `minimumBytesPerSecond` on average. */
  readonly dataGraceMs: number
  /** Slower than a modem of 9,600 baud is somebody who wants to hold the connection. */
  readonly minimumBytesPerSecond: number
  /** Received fields after which a message is a loop (RFC 5321 §6.3: at least 100). */
  readonly hops: number
  /** Received fields of our own after which it is one: it comes back again and again. */
  readonly ownHops: number
  /** Connections of all addresses. */
  readonly connections: number
  /** Connections of one address (IPv6: one /64); loopback is not counted. */
  readonly connectionsPerAddress: number
  /** Connections of one network (IPv4: a /24, IPv6: a /48). */
  readonly connectionsPerNetwork: number
}

/** The defaults. */
export const defaultLimits: SmtpLimits = {
  messageBytes: 50 * 1024 * 1024,
  recipients: 1000,
  nullSenderRecipients: 100,
  recipientsPerConnection: 20_000,
  commandBytes: 2048,
  authBytes: 12_288 + 2,
  errors: 20,
  authFailures: 5,
  freeRefusals: 20,
  refusalDelayMs: 100,
  maxRefusalDelayMs: 5000,
  refusals: 1000,
  commandMs: 5 * 60_000,
  handshakeMs: 30_000,
  proxyHeaderMs: 5000,
  dataIdleMs: 5 * 60_000,
  dataGraceMs: 60_000,
  minimumBytesPerSecond: 1000,
  hops: 100,
  ownHops: 10,
  connections: 5000,
  connectionsPerAddress: 100,
  connectionsPerNetwork: 400,
}

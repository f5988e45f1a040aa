const second = 1000
const minute = 60 * second

/** Every number of this app, with its reason. */
export const limits = {
  /**
   * Command lines: RFC 2449 §4 allows clients 255 octets; a SASL initial response may be longer
   * (RFC 5034 §4 lets it, RFC 4954 §4.3 wants 12,288).
   */
  lineBytes: 16 * 1024,
  /**
   * RFC 1939 §3: at least ten minutes. A little more, so that a client that also waits ten does
   * not meet our close half way.
   */
  idleMs: 10 * minute + 13 * second,
  /** Times the number of failures on the connection. Makes guessing slow, a typing error bearable. */
  wrongPasswordMs: 0.5 * second,
  /** Then the connection ends. */
  wrongPasswords: 3,
  /** Commands that are no commands, or out of place, before sign-in. Then it is no POP3 client. */
  strangerMistakes: 10,
  /** After sign-in mistakes cost only their author: this many, in a row. */
  memberMistakes: 1000,
  /** Of one account in one process. A user's devices behind one address; RFC 1939 locks are none of ours. */
  sessionsPerAccount: 50,
  /** Longer messages are streamed, so that 500 sessions hold no more than 128 MiB of messages. */
  wholeBytes: 256 * 1024,
  /** A maildrop is held for a minute (store): two renewals may fail. */
  renewMs: 20 * second,
  /** How old the longest delay may be that CAPA tells strangers. */
  longestDelayMs: 10 * second,
} as const

/** Every number the server holds a client to, each with its reason. Sizes in octets, times in ms. */
export const limits = {
  /** A command line after sign-in. Outlook and offlineimap send UID sets of tens of kilobytes. */
  lineBytes: 64 * 1024,
  /** A command line before it: enough for a long base64 response, too little to be worth sending. */
  strangerLineBytes: 8 * 1024,
  /** What a client calls itself, as far as it is shown: a name and a version. */
  programCharacters: 80,
  /** A literal that is not a message: a mailbox name, a search string, a header list. */
  literalBytes: 64 * 1024,
  /** All literals of one command that is not APPEND, so that many small ones do not add up. */
  commandLiteralBytes: 256 * 1024,
  /** The same before sign-in: a login name and a password. */
  strangerLiteralBytes: 4 * 1024,
  /** Literals of one command. */
  commandLiterals: 256,
  /** A refused literal up to this size is read and thrown away (RFC 7888 §4); beyond, BYE. */
  drainBytes: 256 * 1024 * 1024,
  /** All messages of one APPEND (RFC 3502), or one where that may be larger. */
  commandMessageBytes: 64 * 1024 * 1024,
  /** Octets of APPENDs in flight in this process; the next one waits before its literal is read. */
  appendBytesInFlight: 256 * 1024 * 1024,
  /** An account's part of them: a slow client of one must not stop the others' APPENDs. One larger message is let in alone. */
  appendBytesOfAccount: 64 * 1024 * 1024,

  /** RFC 3501 §5.4 allows no less than 30 minutes; not a round number, so that both sides do not close at once. */
  autologoutMs: 30 * 60_000 + 17_000,
  /** Time to sign in, from the greeting. */
  strangerMs: 3 * 60_000,
  /** Time for one line or literal that was begun. */
  literalMs: 5 * 60_000,
  /** Slowest pace of a literal, octets per second: memory is set aside for it. */
  literalBytesPerSecond: 2_048,
  /** IDLE says something this often, so that address translators keep the connection. */
  idleHeartbeatMs: 2 * 60_000,
  /** IDLE looks again this soon when the store was away. */
  idleRetryMs: 5_000,

  /** A long command says this often how far it has come (RFC 9585): sooner than clients lose patience. */
  progressMs: 10_000,

  /**
   * Commands of one session between two turns of the others. A session's commands are carried out one after another, most of
   * them with a look at the database, and answers that nobody reads stop it: no rate has to be forbidden.
   */
  commandsPerTurn: 64,

  /** Commands answered BAD in a row before BYE. */
  badInARow: 20,
  /** The same before sign-in. */
  strangerBadInARow: 10,
  /** Commands a stranger may send at all. */
  strangerCommands: 60,
  /** Wrong passwords in one connection before BYE. */
  wrongPasswords: 5,
  /** Each wrong password is answered this much later than the one before. */
  wrongPasswordMs: 300,

  /** Sessions of one account in all workers: Thunderbird opens five per device. */
  sessionsPerAccount: 60,

  /** Untagged output is gathered up to about this size before it is written. */
  chunkBytes: 64 * 1024,
  /** Messages whose flags are formatted between two looks at the socket. */
  flagsBlock: 1_024,
  /** Messages whose facts (ENVELOPE, BODYSTRUCTURE, header) are read by one query. */
  factsBlock: 256,
  /** Messages whose facts are asked for at once, page after page: a page is read while the one before is sent. */
  factsAhead: 8_192,
  /** Characters of a subject or name that SORT compares. */
  sortKeyCharacters: 512,
  /** Messages in all the SORTs and THREADs of this process at a time; the next one waits. */
  sortedMessages: 2_000_000,
  /** Messages and ids referred to that one THREAD keeps: 500 MB at worst, and far above what mail has. */
  threadPlaces: 4_000_000,
  /** Steps up the references that one THREAD takes against circles: ten seconds of work. */
  threadSteps: 500_000_000,
  /** Ranges of UIDs that a session keeps for `$` (RFC 5182 §2.5): 3 MB at most. */
  savedRanges: 64 * 1024,
  /** Messages up to this size are read whole when any part of them is wanted; longer ones piece by piece. */
  wholeBytes: 256 * 1024,
} as const

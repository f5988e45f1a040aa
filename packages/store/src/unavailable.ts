/** Why the store could not answer. For the log; strangers get a temporary failure without details. */
export type UnavailableReason =
  /** Nothing listens, the host is away, or the connection broke. */
  | 'connection'
  /** The server answers that it is starting, stopping, recovering or read-only. */
  | 'shutdown'
  /** The server accepts connections and does not answer (a stopped process, a dead disk). */
  | 'hung'
  /** No free connection, neither in our pool nor on the server. */
  | 'busy'
  /** Disk full, memory exhausted, an input/output error. */
  | 'resources'
  /** A statement or a lock took longer than its limit. */
  | 'timeout'
  /** A deadlock or serialization failure that stayed after our bounded retries. */
  | 'conflict'
  /** The database refuses us: wrong password, missing database, missing role. */
  | 'access'
  /** The COMMIT warned that it might not have been replicated. */
  | 'replication'

/**
 * The database could not do what was asked, now. Every "database away" condition becomes this one error; apps
 * turn it into 451 4.3.0, 454 4.7.0, `NO [UNAVAILABLE]` or `-ERR [SYS/TEMP]`, never into a refusal.
 *
 * `outcome` says what is known of a write: `none` – nothing was changed; `unknown` – the connection was lost
 * while a COMMIT (or a single autocommitted statement) was under way, so it may or may not be there. Ids are made
 * by the process, so that the caller can look: found means done.
 */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
  readonly reason: UnavailableReason
  readonly outcome: 'none' | 'unknown'

  constructor(reason: UnavailableReason, outcome: 'none' | 'unknown', cause?: unknown) {
    super(describe(reason, outcome, cause), cause === undefined ? undefined : { cause })
    this.reason = reason
    this.outcome = outcome
  }
}

function describe(reason: UnavailableReason, outcome: 'none' | 'unknown', cause: unknown): string {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return `The store is unavailable (${reason}${outcome === 'unknown' ? ', outcome unknown' : ''})${why}`
}

/** SQLSTATE classes (Postgres, appendix A) that mean "not now", by their first two characters. */
const classes: ReadonlyMap<string, UnavailableReason> = new Map([
  ['08', 'connection'],
  ['28', 'access'],
  ['53', 'resources'],
  ['57', 'shutdown'],
  ['58', 'resources'],
])

/** Exceptions to the classes, and codes of mixed classes. */
const codes: ReadonlyMap<string, UnavailableReason> = new Map([
  ['25006', 'shutdown'], // read_only_sql_transaction: we stand on a standby after a failover
  ['25P03', 'timeout'], // idle_in_transaction_session_timeout
  ['25P04', 'timeout'], // transaction_timeout
  ['3D000', 'access'], // invalid_catalog_name: no such database
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['40003', 'connection'], // statement_completion_unknown
  ['53300', 'busy'], // too_many_connections
  ['55P03', 'timeout'], // lock_not_available
  ['57014', 'timeout'], // query_canceled: statement_timeout
])

/** Errors of sockets and resolvers. */
const socketCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'EACCES',
  'EAGAIN',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EMFILE',
  'ENFILE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_SOCKET_CLOSED',
])

/** What pg and pg-pool throw without a code (8.23). Their whole texts, or their beginnings. */
const messages: readonly (readonly [string, UnavailableReason])[] = [
  ['Connection terminated due to connection timeout', 'hung'],
  ['Connection terminated', 'connection'],
  ['Client has encountered a connection error', 'connection'],
  ['Client was closed', 'connection'],
  ['Cannot use a pool after calling end', 'shutdown'],
  ['timeout exceeded when trying to connect', 'busy'],
  ['timeout expired', 'hung'],
  ['Query read timeout', 'hung'],
  ['The server does not support SSL', 'access'],
]

/** The SQLSTATE of a server's error, wherever a library has wrapped it. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error)
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && isServerError(error) ? code : undefined
}

/** The violated constraint's name, for errors of SQLSTATE class 23. */
export function violatedConstraint(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('constraint' in error && typeof error.constraint === 'string') return error.constraint
  return 'cause' in error ? violatedConstraint(error.cause) : undefined
}

/** Why this error means "not now"; undefined for a mistake of ours or a broken constraint. */
export function unavailableReason(error: unknown): UnavailableReason | undefined {
  if (error instanceof StoreUnavailable) return error.reason
  const state = sqlState(error)
  if (state !== undefined) return codes.get(state) ?? classes.get(state.slice(0, 2))
  const code = codeOf(error)
  if (code !== undefined && socketCodes.has(code)) return 'connection'
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { message } = at
    const known = messages.find(([text]) => message.startsWith(text))
    if (known !== undefined) return known[1]
  }
  // Several addresses tried, all refused: Node wraps the failures.
  if (error instanceof AggregateError) return error.errors.map(unavailableReason).find(Boolean)
  return undefined
}

/** True where the connection itself can no longer be used: lost, hung or closed by the server. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error)
  if (state === undefined) return true
  return (
    state.startsWith('08') || (state.startsWith('57P') && state !== '57P03') || state === '25P03'
  )
}

/** Turns any "database away" error into StoreUnavailable; other errors pass as they are. */
export function storeError(error: unknown, lostMeans: 'none' | 'unknown' = 'none'): Error {
  if (error instanceof StoreUnavailable) return error
  const reason = unavailableReason(error)
  if (reason !== undefined) {
    const outcome = isConnectionLost(error) ? lostMeans : 'none'
    return new StoreUnavailable(reason, outcome, error)
  }
  return error instanceof Error ? error : new Error('The store failed', { cause: error })
}

/**
 * Looks what became of a write whose outcome is unknown. As long as the look cannot be had, the outcome stays unknown, whatever
 * is known of the look.
 */
export async function whileUnknown<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new StoreUnavailable(error.reason, 'unknown', error)
  }
}

/** Only the server's own messages carry a severity beside the code. */
function isServerError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('severity' in error && 'code' in error) return true
  return 'cause' in error ? isServerError(error.cause) : false
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'cause' in error ? codeOf(error.cause) : undefined
}

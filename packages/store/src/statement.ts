/**
 * One SQL statement with the shape of its rows. A name makes it a prepared statement, kept per connection: the same
 * name must always mean the same text. Without a name it is parsed each time (texts that vary in length).
 */
export interface Statement<Row> {
  readonly name: string | undefined
  readonly text: string
  /** `array`: rows come as tuples in column order, which costs less on hot paths. */
  readonly mode: 'object' | 'array'
  /** Never set: carries the row's type. */
  readonly row?: Row
}

/** A prepared statement whose rows are objects. `name` is at most 63 octets, `area_what`. */
export function statement<Row = never>(name: string, text: string): Statement<Row> {
  return { name, text, mode: 'object' }
}

/** A prepared statement whose rows are tuples in column order. */
export function tupleStatement<Row extends readonly unknown[]>(
  name: string,
  text: string,
): Statement<Row> {
  return { name, text, mode: 'array' }
}

/** A statement that is parsed each time, for texts whose length varies (multi-row VALUES). Values are always bound. */
export function unnamed<Row = never>(
  text: string,
  mode: 'object' | 'array' = 'object',
): Statement<Row> {
  return { name: undefined, text, mode }
}

/** What a pool, a shared connection and a transaction have in common. */
export interface Queries {
  /** Runs the statement and gives its rows. */
  query<Row>(statement: Statement<Row>, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Runs the statement and gives the number of rows it wrote. */
  execute(statement: Statement<unknown>, values?: readonly unknown[]): Promise<number>
}

/**
 * An open transaction, handed out by `Database.transact` only: a function that takes one can be sure that its writes
 * are committed, or undone, together with its caller's.
 *
 * Statements are pipelined: those issued without awaiting the one before travel together (`q1 | q2` in docs/store.md).
 * After a failed one, the rest fail too and nothing is committed, whether or not its error was looked at.
 */
export interface Transaction extends Queries {
  /** Wakes listeners of all processes once this transaction is committed. Ids only, never data. */
  notify(channel: string, payload: string): void
  /** Runs once the commit is known (not when its outcome is unknown). Must not throw. */
  afterCommit(action: () => void): void
}

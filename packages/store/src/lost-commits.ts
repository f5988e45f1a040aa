import { tupleStatement, type Queries } from './statement.ts'
import { StoreUnavailable } from './unavailable.ts'

/**
 * Waits up to 5 seconds for each; those that are still there after it are named. Materialized: the planner is free to order
 * the conditions of one WHERE, and would end every process of the server.
 */
const endStatement = tupleStatement<readonly [number]>(
  'lost_commits_end',
  `WITH lost AS MATERIALIZED (
    SELECT pid FROM pg_stat_activity WHERE pid = ANY($1::int[]) AND pid <> pg_backend_pid()
  )
  SELECT pid FROM lost WHERE NOT pg_terminate_backend(pid, 5000)`,
)

/**
 * Server processes whose connection was lost while a COMMIT was under way. Statements travel together with their COMMIT,
 * so such a process may still be at the first of them, holding no lock yet, and commit later: only when it is gone does a
 * look tell what has come of it.
 */
export class LostCommits {
  readonly #processes = new Set<number>()

  /** Notes the server process of a connection whose last COMMIT has no answer. */
  note(error: unknown, client: object): void {
    if (!(error instanceof StoreUnavailable) || error.outcome !== 'unknown') return
    if ('processID' in client && typeof client.processID === 'number') {
      this.#processes.add(client.processID)
    }
  }

  /**
   * Ends them all; from then on what they wrote is either there or never will be. A number that another connection of ours
   * has got meanwhile costs that one a reconnection.
   *
   * @throws StoreUnavailable where the database is away, or a process does not end.
   */
  async settle(queries: Queries): Promise<void> {
    const noted = [...this.#processes]
    if (noted.length === 0) return
    const left = await queries.query(endStatement, [noted])
    if (left.length > 0) throw new StoreUnavailable('hung', 'unknown')
    for (const pid of noted) this.#processes.delete(pid)
  }
}

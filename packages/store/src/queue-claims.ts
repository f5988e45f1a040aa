import { faultPoint } from '@posthouse/telemetry/fault-point'

import type { Database } from './database.ts'
import type { Claim, ClaimRequest } from './queue.ts'
import { byIndex, claimDue, claimNamed, type ClaimRow } from './queue-claim-statements.ts'
import { claimedMessages, type ClaimedRow } from './queue-claimed.ts'
import { lowerDue, settleDestinations } from './queue-destinations.ts'
import { statement, tupleStatement, type Statement } from './statement.ts'
import { newUuid, uuidFromBase32 } from './uuid-v7.ts'

const renew = statement(
  'queue_renew',
  `UPDATE queue_recipient SET next_at = now() + make_interval(secs => $2)
  WHERE lease = $1 AND state IN ('waiting', 'held')`,
)

const giveBack = tupleStatement<readonly [number]>(
  'queue_release',
  `WITH freed AS (
    UPDATE queue_recipient r
    SET lease = NULL, worker = NULL, next_at = now() + make_interval(secs => $4), attempts = r.attempts - 1
    WHERE r.lease = $1 AND r.state IN ('waiting', 'held') AND ($2::uuid[] IS NULL OR (r.queue_id, r.n) IN (
      SELECT q, i FROM unnest($2::uuid[], $3::int[]) AS t (q, i)))
    RETURNING r.destination, r.next_at
  ), noted AS (${lowerDue('freed')}
  ) SELECT count(*)::int FROM freed`,
)

const workers = tupleStatement<readonly [string]>(
  'queue_workers',
  `SELECT DISTINCT worker FROM queue_recipient
  WHERE lease IS NOT NULL AND state = 'waiting' AND worker IS NOT NULL`,
)

/** The attempts stay counted, and the leases set: whoever claims next is told that they were abandoned. */
const abandon = tupleStatement<readonly [number]>(
  'queue_abandon',
  `WITH freed AS (
    UPDATE queue_recipient r SET next_at = now() WHERE worker = $1 AND lease IS NOT NULL AND state = 'waiting'
    RETURNING r.destination, r.next_at
  ), noted AS (${lowerDue('freed')}
  ) SELECT count(*)::int FROM freed`,
)

/** Looks at so many batches of destinations, where nothing was due in those before. */
const mostLooks = 20

/** Claiming, and holding on to what was claimed. */
export class QueueClaims {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Takes due recipients under a new token. Destinations that gave less than they were asked for are set right; where all that
   * were looked at had nothing, the next ones are looked at.
   */
  async claim(request: ClaimRequest): Promise<Claim> {
    const token = newUuid()
    const looked: string[] = []
    for (let look = 1; ; look++) {
      const except = [...(request.except ?? []), ...looked]
      const rows = await this.#look({ ...request, except }, token)
      await faultPoint('store.queue.after-claim')
      const claimed = rows.filter(isClaimed)
      const picked = Map.groupBy(rows, (row) => row.picked)
      const emptied = [...picked].filter(([, { length }]) => length < request.perDestination)
      if (emptied.length > 0) {
        const names = emptied.map(([destination]) => destination)
        // What was claimed is ours whatever comes of this: the next who looks there sets it right.
        await settleDestinations(this.#database, names).catch(() => undefined)
      }
      if (claimed.length > 0 || picked.size < request.destinations || look === mostLooks)
        return claimOf(token, claimed)
      looked.push(...picked.keys())
    }
  }

  #look(request: ClaimRequest, token: string): Promise<readonly ClaimRow[]> {
    const { worker, destinations, perDestination, except = [], only, leaseSeconds } = request
    const values = [except, destinations, perDestination, token, worker, leaseSeconds]
    return this.#database.transact((tx) => {
      void tx.execute(byIndex).catch(() => {})
      return only === undefined
        ? tx.query(claimDue, values)
        : tx.query(claimNamed, [...values, only])
    })
  }

  /** Puts off the end of a lease. */
  renew(token: string, leaseSeconds: number): Promise<number> {
    return this.#database.transact((tx) => tx.execute(renew, [token, leaseSeconds]), retried)
  }

  /** Gives back what was not tried. */
  release(
    token: string,
    items?: readonly { readonly queueId: string; readonly n: number }[],
    afterSeconds = 0,
  ): Promise<number> {
    const ids = items?.map(({ queueId }) => uuidFromBase32(queueId)) ?? null
    const numbers = items?.map(({ n }) => n) ?? null
    return this.#free(giveBack, [token, ids, numbers, afterSeconds])
  }

  /** Who holds something. */
  async workers(): Promise<readonly string[]> {
    const rows = await this.#database.query(workers)
    return rows.map(([worker]) => worker)
  }

  /** Frees what a dead worker holds. */
  abandon(worker: string): Promise<number> {
    return this.#free(abandon, [worker])
  }

  async #free(change: Statement<readonly [number]>, values: readonly unknown[]): Promise<number> {
    const [row] = await this.#database.transact((tx) => tx.query(change, values), retried)
    return row?.[0] ?? 0
  }
}

/** Rows of one token may be changed in another order by `record` at the same time: a deadlock is tried again. */
const retried = { retry: true }

function isClaimed(row: ClaimRow): row is ClaimedRow & { readonly picked: string } {
  return row.queue_id !== null
}

function claimOf(token: string, rows: readonly ClaimedRow[]): Claim {
  return {
    token,
    messages: claimedMessages(rows.filter(({ suppressed }) => suppressed === null)),
    suppressed: claimedMessages(rows.filter(({ suppressed }) => suppressed !== null)),
  }
}

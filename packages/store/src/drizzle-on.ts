import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy'

import { unnamed, type Queries } from './statement.ts'

/**
 * Drizzle's query builder over a transaction (or the pool) of ours, so that its statements commit with everything else and
 * their errors are mapped in the one place. For administration only: it costs 0.1 ms a statement, and 0.1 s to load, which is
 * why the modules that use it are imported when they are first needed.
 */
export function drizzleOn(queries: Queries): PgRemoteDatabase {
  return drizzle(async (text, params) => {
    return { rows: [...(await queries.query<unknown[]>(unnamed(text, 'array'), params))] }
  })
}

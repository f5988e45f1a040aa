import { bigint, timestamp } from 'drizzle-orm/pg-core'

/** A `timestamptz`. */
export const at = (name: string) => timestamp(name, { withTimezone: true })

/** A `bigint` whose values fit a number. */
export const big = (name: string) => bigint(name, { mode: 'number' })

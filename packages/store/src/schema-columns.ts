import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

/** A `timestamptz`. */
export const at = (name: string) => timestamp(name, { withTimezone: true })

/** A `bigint` whose values fit a number. */
export const big = (name: string) => bigint(name, { mode: 'number' })

/** Whole numbers as ranges of them. */
export const multirange = customType<{ data: string }>({ dataType: () => 'int8multirange' })

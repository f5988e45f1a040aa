import { openStore, type OpenStoreOptions, type Store } from '@posthouse/store'
import type { CommonOptions } from './command-options.ts'
import { runningSuite } from './running-suite.ts'

/** Where a store is. */
export type StorePlace = Pick<OpenStoreOptions, 'database' | 'unsafe' | 'secretKeyFile'>

/**
 * Gives a command the store: that of the running suite, that of `DATABASE_URL`, or, while nothing runs, the
 * embedded Postgres, started for this command alone.
 */
export function withStore<T>(
  options: CommonOptions,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  return withDatabase(options, (place) => useStore(place, work))
}

/** The store for this work, or nothing where the database is away, also if it goes away in the middle: then it is done again. */
export async function withStoreIfThere<T>(
  options: CommonOptions,
  work: (store: Store | undefined) => Promise<T>,
): Promise<T> {
  try {
    return await withStore(options, work)
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreUnavailable') return work(undefined)
    throw error
  }
}

/** The same without opening it. */
export async function withDatabase<T>(
  options: CommonOptions,
  work: (place: StorePlace) => Promise<T>,
): Promise<T> {
  const suite = await runningSuite(options)
  if (suite?.databaseUrl !== undefined && suite.databaseUrl !== null)
    return work({
      database: suite.databaseUrl,
      unsafe: suite.isDatabaseUnsafe,
      secretKeyFile: suite.secretKeyFile,
    })
  const { withConfiguredDatabase } = await import('./with-configured-database.ts')
  return withConfiguredDatabase(options, work)
}

/** Opens the store of a place for one piece of work. */
export async function useStore<T>(
  place: StorePlace,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore({ ...place, app: 'cli' })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

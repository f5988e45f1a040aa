import path from 'node:path'
import { openStore, type OpenStoreOptions, type Store } from '@posthouse/store'
import type { CommonOptions } from './command-options.ts'
import { runningSuite } from './running-suite.ts'

/**
 * Gives a command the store: that of the running suite, that of `DATABASE_URL`, or, while nothing runs, the
 * embedded Postgres, started for this command alone.
 */
export async function withStore<T>(
  options: CommonOptions,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const suite = await runningSuite(options)
  if (suite?.databaseUrl !== undefined && suite.databaseUrl !== null)
    return useStore(
      {
        database: suite.databaseUrl,
        unsafe: suite.isDatabaseUnsafe,
        secretKeyFile: path.join(suite.dataDir, 'secret-key'),
      },
      work,
    )
  const { withConfiguredStore } = await import('./with-configured-store.ts')
  return withConfiguredStore(options, work)
}

/** Opens the store of a database for one piece of work. */
export async function useStore<T>(
  where: Pick<OpenStoreOptions, 'database' | 'unsafe' | 'secretKeyFile'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore({ ...where, app: 'cli' })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

import { migrate, openStore } from '@posthouse/store'
import { freshDatabase } from '@posthouse/testkit'
import type { TrialMemory } from './five-fold.ts'

/** A token store in Postgres, empty, gone after the trial. */
export async function openPostgresMemory(): Promise<TrialMemory> {
  const fresh = await freshDatabase()
  try {
    await migrate(fresh.url)
    const store = await openStore({ database: fresh.url, app: 'bench', unsafe: true })
    return {
      tokens: store.learning.tokens,
      async close() {
        await store.close()
        await fresh.drop()
      },
    }
  } catch (error) {
    await fresh.drop()
    throw error
  }
}

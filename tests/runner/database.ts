import { startPostgres } from '@posthouse/embedded-postgres'
import { silentLog } from '@posthouse/telemetry'

/** The one Postgres that all test files of a run share, each with databases of its own. */
export interface TestDatabase {
  readonly url: string
  stop(): Promise<void>
}

/** Nothing of it must outlive a crash of the machine, so it need not wait for the disk. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '128MB',
}

/** Starts it in the run's folder. */
export async function startTestDatabase(folder: string): Promise<TestDatabase> {
  const postgres = await startPostgres({ dataDir: folder, log: silentLog, settings })
  return { url: postgres.url, stop: () => postgres.stop() }
}

import { inFolder, startPostgres } from '@posthouse/embedded-postgres'
import { silentLog } from '@posthouse/telemetry'

/** A Postgres for tests: nothing of it outlives a crash of the machine, so it need not wait for the disk. */
export interface TestCluster {
  /** The superuser's URL, to make databases with. */
  readonly url: string
  stop(): Promise<void>
}

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '400',
  shared_buffers: '128MB',
}

/**
 * Starts one in this folder: the packaged Postgres, or the one whose programs stand in the folder that POSTHOUSE_TEST_POSTGRES
 * names (`/usr/lib/postgresql/15/bin`).
 */
export async function startTestCluster(folder: string): Promise<TestCluster> {
  const bin = process.env['POSTHOUSE_TEST_POSTGRES'] ?? ''
  const server = await startPostgres({
    dataDir: folder,
    log: silentLog,
    settings,
    ...(bin === '' ? {} : { binaries: inFolder(bin) }),
  })
  return { url: server.url, stop: () => server.stop() }
}

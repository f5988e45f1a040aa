import { startPostgres, type Binaries } from '@posthouse/embedded-postgres'
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

/** Starts one in this folder; `binaries` for another Postgres than the packaged one. */
export async function startTestCluster(folder: string, binaries?: Binaries): Promise<TestCluster> {
  const options = { dataDir: folder, log: silentLog, settings }
  const server = await startPostgres(binaries === undefined ? options : { ...options, binaries })
  return { url: server.url, stop: () => server.stop() }
}

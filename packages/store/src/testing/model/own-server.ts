import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startPostgres } from '@posthouse/embedded-postgres'
import { silentLog } from '@posthouse/telemetry'
import type { FreshDatabase } from '@posthouse/testkit'
import { migrate } from '../../migrate.ts'

/** A database on a Postgres of its own, which waits for the disk as an operator's does, or not. */
export async function ownServer(isDurable: boolean): Promise<FreshDatabase> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'posthouse-model-'))
  const isOn = isDurable ? 'on' : 'off'
  const settings = {
    fsync: isOn,
    full_page_writes: isOn,
    synchronous_commit: isOn,
    shared_buffers: '128MB',
    max_connections: '200',
  }
  const postgres = await startPostgres({ dataDir: folder, log: silentLog, settings })
  await migrate(postgres.url)
  return {
    url: postgres.url,
    drop: async () => {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

import { startPostgres } from './start-postgres.ts'
import { silentLog } from '@posthouse/telemetry'

// A supervisor in a process of its own, for tests that kill it: starts the server, says where it is, and waits.
const [dataDir = ''] = process.argv.slice(2)
const server = await startPostgres({ dataDir, log: silentLog, settings: { fsync: 'off' } })
process.stdout.write(`${JSON.stringify({ pid: server.pid, url: server.url })}\n`)
setInterval(() => {}, 1_000)

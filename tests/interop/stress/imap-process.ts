// One IMAP server process of the stress test: the database's URL comes as an argument, the port goes out as a line.
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createTlsSource } from '@posthouse/app'
import { app } from '@posthouse/imap'
import { openStore } from '@posthouse/store'
import { createLog } from '@posthouse/telemetry'
import { testAuthority, testConfig } from '@posthouse/testkit'

const [url = ''] = process.argv.slice(2)
const dataDir = await mkdtemp(path.join(os.tmpdir(), 'stress-'))
const log = createLog({ level: 'warn', format: 'text', destination: process.stderr })
const store = await openStore({ database: url, log, app: 'imap', unsafe: true })
const running = await app.start({
  config: testConfig(url, dataDir),
  log,
  store,
  tls: createTlsSource(testAuthority().leaf),
})
process.stdout.write(`${running.listeners.find(({ name }) => name === 'imap')?.port}\n`)

// The end of standard input: whoever started this process says that it is over, or is dead.
process.stdin.resume().once('end', () => {
  void (async () => {
    await running.drain()
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
    process.exit(0)
  })()
})

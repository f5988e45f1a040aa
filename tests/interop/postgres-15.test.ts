import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, glob, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { inFolder, startPostgres } from '@posthouse/embedded-postgres'
import { silentLog } from '@posthouse/telemetry'

// DESIGN.md, Decided once: Postgres 15 or newer. Whoever brings a Postgres of his own often has Debian's.
const bin = '/usr/lib/postgresql/15/bin'
const skip = existsSync(path.join(bin, 'postgres'))
  ? false
  : `Debian's postgresql-15 is not installed (${bin})`

const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
}

test("the store's tests pass on Debian's Postgres 15", { skip }, async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'pg15-'))
  await chmod(folder, 0o711)
  const server = await startPostgres({
    dataDir: folder,
    log: silentLog,
    settings,
    binaries: inFolder(bin),
  })
  try {
    const { code, output } = await runStoreTests(server.url)
    assert.equal(code, 0, output)
    const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1])
    assert.ok(passed > 100, `only ${passed} tests ran`)
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
})

async function runStoreTests(url: string): Promise<{ code: number | null; output: string }> {
  const files: string[] = []
  for await (const file of glob('packages/store/src/**/*.test.ts')) {
    // The small disk holds the packaged server only.
    if (!/(\.long|disk-full)\.test\.ts$/.test(file)) files.push(file)
  }
  const args = [
    '--conditions=@posthouse/source',
    '--test',
    '--test-reporter=tap',
    '--test-concurrency=2',
  ]
  const env = { ...process.env, POSTHOUSE_TEST_DATABASE: url, POSTHOUSE_TEST_POSTGRES: bin }
  // Set for us by node:test, it would make the child report to a parent that is none.
  Reflect.deleteProperty(env, 'NODE_TEST_CONTEXT')
  const child = spawn(process.execPath, [...args, ...files.toSorted()], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-200_000)
    })
  }
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject)
  child.on('close', resolve)
  return { code: await promise, output }
}

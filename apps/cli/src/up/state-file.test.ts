import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import {
  readStatus,
  startTicksOf,
  statusPath,
  writeStatus,
  type SuiteStatus,
} from './state-file.ts'

function statusOf(dataDir: string, change: Partial<SuiteStatus> = {}): SuiteStatus {
  return {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    startedAt: '2026-01-02T03:04:05.000Z',
    version: '0.1.0',
    hostname: 'localhost',
    dataDir,
    ready: true,
    databaseUrl: null,
    isDatabaseUnsafe: false,
    secretKeyFile: '/srv/posthouse/secret-key',
    database: { kind: 'url', state: 'running', pid: null, restarts: 0, lastEnd: null },
    apps: [],
    ...change,
  }
}

test('the status of a living suite is read, by its owner alone', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'status-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  assert.equal(await readStatus(folder), undefined)
  await writeStatus(statusOf(folder))
  assert.deepEqual(await readStatus(folder), statusOf(folder))
  assert.equal((await stat(statusPath(folder))).mode & 0o777, 0o600)
})

test('the status that a killed suite left behind is nobody’s', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'status-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeStatus(statusOf(folder, { startTicks: '1' }))
  assert.equal(await readStatus(folder), undefined)
})

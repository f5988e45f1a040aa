import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { claimInstance } from './instance-lock.ts'

test('a data folder belongs to one process at a time, by whatever path it is reached', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'lock-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const first = await claimInstance(folder)
  assert.ok(first)
  await symlink(folder, path.join(folder, 'again'))
  assert.equal(await claimInstance(path.join(folder, 'again')), undefined)
  await first.release()
  const second = await claimInstance(folder)
  assert.ok(second)
  await second.release()
})

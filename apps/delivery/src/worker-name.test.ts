import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isKnownDead, workerName } from './worker-name.ts'

test('a worker that runs is not dead', () => {
  assert.equal(isKnownDead(workerName()), false)
  assert.notEqual(workerName(), workerName())
})

test('a worker whose process has ended, or whose number another process has now, is dead', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  const mine = workerName().split('/')
  assert.equal(isKnownDead(mine.with(2, String(child.pid)).join('/')), true)
  assert.equal(isKnownDead(mine.with(3, '1').join('/')), true)
})

test('nothing is said of workers elsewhere, or of names of another form', () => {
  const mine = workerName().split('/')
  assert.equal(isKnownDead(mine.with(1, 'elsewhere').with(2, '999999999').join('/')), false)
  assert.equal(isKnownDead(mine.with(2, '../self').join('/')), false)
  assert.equal(isKnownDead(mine.with(3, '').join('/')), false)
  assert.equal(isKnownDead('dead'), false)
  assert.equal(isKnownDead(''), false)
})

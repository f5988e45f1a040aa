import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import path from 'node:path'
import { promisify } from 'node:util'
import { repository } from './folders.ts'

const run = promisify(execFile)

test('every measure that is built runs on Posthouse and gives figures', async () => {
  const main = path.join(repository, 'tests/bench/main.ts')
  const args = ['--conditions=@posthouse/source', main, '--smoke', '--json', '--peers', '']
  const { stdout } = await run(process.execPath, args, { timeout: 600_000 })
  const lines = stdout.trim().split('\n')
  const figures = lines.map((line): { measure: string; posthouse: { median: number } } =>
    JSON.parse(line),
  )
  assert.ok(figures.length >= 12)
  for (const { measure, posthouse } of figures) {
    assert.ok(Number.isFinite(posthouse.median), measure)
    assert.ok(posthouse.median >= 0, measure)
  }
})

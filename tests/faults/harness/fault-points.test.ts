import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { repository } from '../../bench/folders.ts'
import { pointFaults } from './fault-points.ts'

/** The names of all points in the sources of packages and apps. */
async function pointsInSources(): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const group of ['packages', 'apps'])
    for (const name of await readdir(path.join(repository, group))) {
      const folder = path.join(repository, group, name, 'src')
      const files = await readdir(folder, { recursive: true }).catch(() => [])
      for (const file of files.filter((each) => /(?<!\.test)\.ts$/.test(each))) {
        const text = await readFile(path.join(folder, file), 'utf8').catch(() => '')
        for (const [, point] of text.matchAll(/faultPoint\('([^']+)'\)/g)) found.add(point ?? '')
      }
    }
  return found
}

test('every named point at which the harness kills is there', async () => {
  const there = await pointsInSources()
  const struck = pointFaults.map(({ name }) => name.replace(/^kill \S+ at /, ''))
  assert.deepEqual(
    struck.filter((point) => !there.has(point)),
    [],
  )
})

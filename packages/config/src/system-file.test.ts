import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hasSystemFile } from './system-file.ts'

test('an installation that may not be looked at is there all the same', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'system-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const closed = path.join(folder, 'closed')
  await mkdir(closed)
  await writeFile(path.join(closed, 'posthouse.toml'), '')
  assert.equal(hasSystemFile(path.join(closed, 'posthouse.toml')), true)
  assert.equal(hasSystemFile(path.join(closed, 'none.toml')), false)
  assert.equal(hasSystemFile(path.join(closed, 'posthouse.toml', 'below')), false)
  await chmod(folder, 0o755)
  await chmod(closed, 0o700)
  assert.equal(await asNobody(path.join(closed, 'posthouse.toml')), true)
})

/** The same question of a user who may not enter the folder. */
async function asNobody(file: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return await closedTo(file)
  const source = fileURLToPath(new URL('./system-file.ts', import.meta.url))
  const script = `process.setgid(65534); process.setgroups([]); process.setuid(65534)
    process.stdout.write(String(m.hasSystemFile(process.argv[2])))`
  const lines = `const m = await import(process.argv[1]); ${script}`
  const args = ['--input-type=module', '-e', lines, source, file]
  return (await promisify(execFile)(process.execPath, args)).stdout === 'true'
}

async function closedTo(file: string): Promise<boolean> {
  await chmod(path.dirname(file), 0)
  try {
    return hasSystemFile(file)
  } finally {
    await chmod(path.dirname(file), 0o700)
  }
}

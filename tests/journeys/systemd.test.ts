import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { absent, runProgram } from './house/run-program.ts'

const units = fileURLToPath(new URL('../../infra/systemd', import.meta.url))
const skip = absent('systemd-analyze', 'systemd')

test('systemd accepts every unit, and every app has one', { skip }, async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'units-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const names = (await readdir(units)).filter((name) => /\.(service|target)$/.test(name))
  for (const name of names) await copyFile(path.join(units, name), path.join(folder, name))
  const apps = ['mx', 'submission', 'delivery', 'imap', 'pop3', 'web']
  const instances = apps.map((app) => path.join(folder, `posthouse@${app}.service`))
  const target = path.join(folder, 'posthouse.target')
  const whole = path.join(folder, 'posthouse.service')
  const verify = ['verify', '--man=no', target, whole, ...instances]
  const { code, stdout, stderr } = await runProgram('systemd-analyze', verify)
  const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('posthouse'))
  assert.deepEqual(ours, [])
  assert.equal(code, 0, stderr)
})

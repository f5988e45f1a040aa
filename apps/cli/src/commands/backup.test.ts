import assert from 'node:assert/strict'
import { chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { freshDatabase, type FreshDatabase } from '@posthouse/testkit'
import { openCommandHouse, runPosthouse, type CommandHouse } from '../testing/command-house.ts'

const isRoot = process.getuid?.() === 0
const serviceUser = 4_321
let house: CommandHouse
let folder: string
let target: FreshDatabase

before(async () => {
  house = await openCommandHouse()
  folder = await mkdtemp(path.join(os.tmpdir(), 'backup-'))
  target = await freshDatabase()
  await house.account('ada@example.test')
  await house.file('secret-key', `${'ab'.repeat(32)}\n`)
  await house.file('posthouse.toml', 'hostname = "mail.example.test"\n')
  await mkdir(path.join(folder, 'data'))
  if (isRoot) await chown(path.join(folder, 'data'), serviceUser, serviceUser)
})
after(async () => {
  await target.drop()
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

const elsewhere = () => ({
  DATABASE_URL: target.url,
  POSTHOUSE_DATA: path.join(folder, 'data'),
  POSTHOUSE_UNSAFE_DB: '1',
})

test('a backup is made, verified, and restored on another machine with its keys', async () => {
  const backup = path.join(folder, 'monday')
  const made = await house.json('backup', 'create', backup)
  assert.equal(made['kind'], 'Backup')
  const said = await house.run('backup', 'verify', backup)
  assert.equal(said.code, 0)
  assert.match(said.stderr, /is whole: 1 accounts and 0 messages/)

  const unsure = await runPosthouse(elsewhere(), ['backup', 'restore', backup])
  assert.equal(unsure.code, 2)
  const tried = await runPosthouse(elsewhere(), ['backup', 'restore', backup, '--dry-run'])
  assert.equal(tried.code, 0, tried.stderr)
  const args = ['backup', 'restore', backup, '--confirm', backup]
  const restored = await runPosthouse(elsewhere(), args)
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(
    restored.stderr,
    /Restored: 1 accounts[^]*Put in place: .*secret-key[^]*posthouse up/,
  )
  const key = path.join(folder, 'data', 'secret-key')
  assert.equal(await readFile(key, 'utf8'), `${'ab'.repeat(32)}\n`)
  assert.equal((await stat(key)).mode & 0o777, 0o600)
  if (isRoot) assert.equal((await stat(key)).uid, serviceUser)
  const config = await readFile(path.join(folder, 'data', 'posthouse.toml'), 'utf8')
  assert.equal(config, 'hostname = "mail.example.test"\n')
  const list = await runPosthouse(elsewhere(), ['account', 'list', '-q'])
  assert.equal(list.stdout, 'ada@example.test\n')

  const again = await runPosthouse(elsewhere(), args)
  assert.equal(again.code, 6)
  assert.match(again.stderr, /not empty/)
})

test('a backup that is damaged, or none, is said to be so', async () => {
  const backup = path.join(folder, 'damaged')
  await house.ok('backup', 'create', backup)
  await writeFile(path.join(backup, 'files', 'secret-key'), 'changed')
  const said = await house.run('backup', 'verify', backup)
  assert.equal(said.code, 3)
  assert.match(said.stderr, /✖ files\/secret-key/)
  assert.match(await house.refused(6, 'backup', 'verify', folder), /no finished backup/)
  assert.match(await house.refused(6, 'backup', 'create', backup), /not empty/)
})
